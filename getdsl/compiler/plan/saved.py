"""A plan as JSON, saved with a hash of all that matters, and what differs from one that was saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from getdsl.compiler.plan.plan import Adapter, Leftover, Provenance, TensorPlan
from getdsl.compiler.plan.planned import Planned
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.formats.checkpoint_header import Header
from getdsl.formats.json_values import Json, plain
from getdsl.text.opener import MEBIBYTE, read_text
from getdsl.text.source import squeezed
from getdsl.text.whole import whole_file

SCHEMA = "getdsl.plan/1"
MOST = 256 * MEBIBYTE
SHOWN = 5  # differences that a refusal lists


def plan_record(planned: Planned) -> dict[str, Json]:
    """The plan, the spec's values and the files' states as plain data; `hash` is over all of it."""
    spec, plan = planned.spec, planned.plan
    record: dict[str, Json] = {
        "schema": SCHEMA,
        "model": spec.model,
        "params": plain(spec.params),
        "settings": _settings(spec),
        "files": [_file(header) for header in plan.headers],
        "tensors": {name: _tensor(tensor) for name, tensor in plan.tensors.items()},
        "leftovers": [_leftover(item) for item in plan.leftovers],
        "frozen_parts": list(plan.frozen_parts),
    }
    return {**record, "hash": fingerprint(record)}


def fingerprint(record: Mapping[str, Json]) -> str:
    """sha256 over a record as JSON with sorted keys."""
    text = json.dumps({key: value for key, value in record.items() if key != "hash"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def save(planned: Planned, path: Path) -> None:
    with whole_file(path) as aside:
        aside.write_text(json.dumps(plan_record(planned), indent=1) + "\n", encoding="utf-8")


def hold_to(path: Path, planned: Planned) -> None:
    """Raises UserError where a saved plan is not what would happen now, naming what differs."""
    differing = list(differences(_read(path), plan_record(planned)))
    if differing:
        raise UserError(
            f"the plan in `{path}` no longer holds: {joined(differing, '; ', SHOWN)}",
            "look at `getdsl plan` again, and save it anew with `-o` if it is right",
        )


def _read(path: Path) -> dict[str, Json]:
    try:
        saved = json.loads(read_text(path, MOST))
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


ABSENT = object()


def differences(saved: Mapping[str, Json], now: Mapping[str, Json]) -> Iterator[str]:
    """What differs, a phrase each; what is there on one side only is one phrase."""
    for name in {**saved, **now}:
        if name != "hash":
            yield from _differences(saved.get(name, ABSENT), now.get(name, ABSENT), name)


def _differences(saved: object, now: object, path: str) -> Iterator[str]:
    if isinstance(saved, dict) and isinstance(now, dict):
        for name in {**saved, **now}:
            yield from _differences(saved.get(name, ABSENT), now.get(name, ABSENT), f"{path}.{name}")
    elif isinstance(saved, list) and isinstance(now, list) and len(saved) == len(now):
        for number, (old, new) in enumerate(zip(saved, now, strict=True)):
            yield from _differences(old, new, f"{path}[{number}]")
    elif saved != now:
        yield f"`{path}` was {_shown(saved)} and is {_shown(now)}"


def _shown(value: object) -> str:
    if value is ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else "there" if isinstance(value, dict) else f"{text[:57]}…"


def _settings(spec: Spec) -> dict[str, Json]:
    """Everything that the spec says beside its model, by section."""
    found = {name: plain(item.value) for name, item in spec.settings.items() if name != "data"}
    found |= {f"optimizer {part.name}": plain(part.said()) for part in spec.training.parts}
    if spec.data is not None:
        calls = {name: {"source": item.name, **item.params} for name, item in spec.data.sources.items()}
        found["data"] = plain({**spec.section("data"), **calls})
    found["load"] = [plain({"file": item.label, **item.table}) for item in spec.loads]
    found["loss"] = {
        name: {
            "term": squeezed(term.setting.span.text),
            "weight": term.shown_weight if term.weight is None else term.weight,
        }
        for name, term in spec.stages.terms.items()
    }
    return found


def _file(header: Header) -> dict[str, Json]:
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


def _tensor(tensor: TensorPlan) -> dict[str, Json]:
    return {
        "shape": list(tensor.shape),
        "kind": tensor.kind,
        "origin": tensor.origin,
        "source": _source(tensor.source),
        "overwritten": [_source(item) for item in tensor.overwritten],
        "frozen": tensor.frozen,
        "adapter": _adapter(tensor.adapter),
        "trainable": tensor.trainable,
    }


def _adapter(adapter: Adapter | None) -> Json:
    return plain({**asdict(adapter), "scale": adapter.scale}) if adapter is not None else None


def _source(source: Provenance | None) -> Json:
    """Without an order of axes where they are as in the file."""
    record = plain(asdict(source)) if source is not None else None
    if isinstance(record, dict) and not record["permute"]:
        del record["permute"]
    return record


def _leftover(item: Leftover) -> Json:
    return plain({**asdict(item), "source": _source(item.source)})
