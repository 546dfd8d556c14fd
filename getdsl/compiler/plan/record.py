"""A plan as JSON, saved with a hash of all that matters, and what differs from one that was saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from getdsl.compiler.plan.plan import Leftover, Plan, Provenance, TensorPlan
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import Header
from getdsl.text.whole import whole_file

SCHEMA = "getdsl.plan/1"
SHOWN = 5  # differences that a refusal lists


def plan_record(spec: Spec, plan: Plan) -> dict[str, Any]:
    """The plan, the spec's values and the files' states as plain data; `hash` is over all of it."""
    record = {
        "schema": SCHEMA,
        "model": spec.model,
        "params": _plain(spec.params),
        "settings": _settings(spec),
        "files": [_file(header) for header in plan.headers],
        "tensors": {name: _tensor(tensor) for name, tensor in plan.tensors.items()},
        "leftovers": [_leftover(item) for item in plan.leftovers],
        "frozen_parts": list(plan.frozen_parts),
    }
    return {**record, "hash": fingerprint(record)}


def fingerprint(record: Mapping[str, Any]) -> str:
    """sha256 over a record as JSON with sorted keys."""
    text = json.dumps({key: value for key, value in record.items() if key != "hash"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def save(spec: Spec, plan: Plan, path: Path) -> None:
    with whole_file(path) as aside:
        aside.write_text(json.dumps(plan_record(spec, plan), indent=1) + "\n", encoding="utf-8")


def hold_to(path: Path, spec: Spec, plan: Plan) -> None:
    """Raises UserError where a saved plan is not what would happen now, naming what differs."""
    saved = _read(path)
    differing = list(differences(saved, plan_record(spec, plan)))
    if differing:
        more = f" and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        raise UserError(
            f"the plan in `{path}` no longer holds: {'; '.join(differing[:SHOWN])}{more}",
            "look at `getdsl plan` again, and save it anew with `-o` if it is right",
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        saved = None
    fresh = "save a plan with `getdsl plan SPEC -o FILE`"
    if not isinstance(saved, dict) or not str(saved.get("schema", "")).startswith("getdsl.plan/"):
        raise UserError(f"`{path}` is not a saved plan", fresh)
    if saved["schema"] != SCHEMA:
        raise UserError(f"`{path}` was saved by another version of getdsl ({saved['schema']})", fresh)
    if saved.get("hash") != fingerprint(saved):
        raise UserError(f"`{path}` was changed after it was saved", fresh)
    return saved


def differences(saved: Any, now: Any, path: str = "") -> Iterator[str]:
    """What differs, a phrase each; what is there on one side only is one phrase."""
    if isinstance(saved, dict) and isinstance(now, dict):
        for name in {**saved, **now}:
            if path or name != "hash":
                inner = f"{path}.{name}" if path else str(name)
                yield from differences(saved.get(name, ABSENT), now.get(name, ABSENT), inner)
    elif isinstance(saved, list) and isinstance(now, list) and len(saved) == len(now):
        for number, (old, new) in enumerate(zip(saved, now, strict=True)):
            yield from differences(old, new, f"{path}[{number}]")
    elif saved != now:
        yield f"`{path}` was {_shown(saved)} and is {_shown(now)}"


ABSENT = object()


def _shown(value: Any) -> str:
    if value is ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else "there" if isinstance(value, dict) else f"{text[:57]}…"


def _settings(spec: Spec) -> dict[str, Any]:
    """Everything that the spec says beside its model, by section."""
    found = {name: _plain(item.value) for name, item in spec.settings.items() if name != "data"}
    if spec.source is not None:
        found["data"] = {"source": spec.source.name, **_plain(spec.source.params)}
        found["data"] |= {
            name: _plain(value) for name, value in spec.section("data").items() if name != "source"
        }
    found["load"] = [{"file": item.label, **_plain(item.value or {})} for item in spec.loads]
    found["loss"] = {
        name: {"term": " ".join(term.setting.span.text.split()), "weight": term.weight}
        for name, term in spec.stages.terms.items()
    }
    return found


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    return value if isinstance(value, float) else str(value)


def _file(header: Header) -> dict[str, Any]:
    tensors = {key: [list(info.shape), info.dtype] for key, info in header.tensors.items()}
    digest = hashlib.sha256(json.dumps(tensors, sort_keys=True).encode()).hexdigest()
    return {
        "location": header.request.location,
        "format": header.format,
        "size": header.size,
        "modified": [changed for _, changed in header.stamps],
        "sha256": header.sha256,
        "tensors": len(tensors),
        "header": digest,
        "unwrapped": list(header.unwrapped),
        "ignored": list(header.ignored),
    }


def _tensor(tensor: TensorPlan) -> dict[str, Any]:
    return {
        "shape": list(tensor.shape),
        "kind": tensor.kind,
        "origin": tensor.origin,
        "source": _source(tensor.source),
        "overwritten": [_source(item) for item in tensor.overwritten],
        "frozen": tensor.frozen,
        "adapter": {
            **asdict(tensor.adapter),
            "a": _source(tensor.adapter.a),
            "b": _source(tensor.adapter.b),
        }
        if tensor.adapter is not None
        else None,
        "trainable": tensor.trainable,
    }


def _source(source: Provenance | None) -> dict[str, Any] | None:
    return {"load": source.load, "key": source.key} if source is not None else None


def _leftover(item: Leftover) -> dict[str, Any]:
    return {**asdict(item), "shape": list(item.shape)}
