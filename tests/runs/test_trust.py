"""A checkpoint carries its spec; the Python that this names runs where the checkpoint itself is trusted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from getdsl import trust
from getdsl.cli import main
from getdsl.diagnostics import SpecError
from getdsl.runs.run_folder.checkpoint import BEST, read_checkpoint, write_checkpoint
from getdsl.trust import trust_of
from tests.runs.conftest import SPEC, write_small

OWN = """
import torch
class Own(torch.nn.Module):
    def forward(self, x): return x
"""


def test_a_checkpoint_is_trusted_by_its_own_name(
    run: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(trust, "config_path", lambda: tmp_path / "config.yaml")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "getdsl_test_own", raising=False)
    (tmp_path / "getdsl_test_own.py").write_text(OWN)
    write_small(tmp_path)
    block = 'block Own { input x: [B] output: [B] extern "getdsl_test_own:Own" }\nmodel Small'
    text = SPEC.replace("model Small", block).replace("squeeze(head, 1)", "squeeze(head, 1) -> Own()")
    spec = tmp_path / "own.get"
    spec.write_text(text.replace("epochs = 4", "epochs = 1"))
    folder = tmp_path / "run"
    run(folder, spec=spec, trust=trust_of([spec]))

    # another one writes a checkpoint that claims to be of the trusted file, and names what it likes
    best = read_checkpoint(folder / BEST)
    files = {
        path: text.replace("getdsl_test_own:Own", "antigravity:Own")
        for path, text in best.record["spec"]["files"].items()
    }
    record = best.record | {"spec": best.record["spec"] | {"files": files}}
    forged = tmp_path / "forged.safetensors"
    write_checkpoint(forged, replace(best, record=record))

    machine = ("--device", "cpu", "--threads", "1")
    for path, name in ((forged, "antigravity:Own"), (folder / BEST, "getdsl_test_own:Own")):
        for command in (
            ("evaluate", str(path), *machine),
            ("predict", str(path), "-o", str(tmp_path / "out.zarr"), *machine),
            ("compile", str(path), "-o", str(tmp_path / "out")),
            ("show", str(path), "--stage", "fx"),
        ):
            assert main([*command, "--trust", str(spec)]) == 1
            err = capsys.readouterr().err
            assert f"`{path}` names Python code outside the library: `{name}`" in err
            assert f"add `--trust {path}`" in err
    assert "antigravity" not in sys.modules
    assert main(["evaluate", str(folder), *machine, "--trust", str(folder / BEST)]) == 0
    assert main(["compile", str(folder), "-o", str(tmp_path / "out"), "--trust", str(folder / BEST)]) == 0


def test_a_trusted_base_is_trained_on(run: Callable[..., Any], tmp_path: Path) -> None:
    """Its hash is in the record, though the file asks for a module that is not installed."""
    from getdsl.weights.hashing import sha256_of
    from tests.weights.stranger import lightning_file

    write_small(tmp_path)
    spec = tmp_path / "tuned.get"
    spec.write_text(SPEC.replace("epochs = 4", "epochs = 1"))
    run(tmp_path / "base", spec=spec)
    base = lightning_file(tmp_path / "base.ckpt", dict(read_checkpoint(tmp_path / "base" / BEST).weights))
    spec.write_text(spec.read_text() + 'load "base.ckpt" { }\n')
    with pytest.raises(SpecError, match=r"asks to run `functools\.partial`"):
        run(tmp_path / "tuned", spec=spec)
    run(tmp_path / "tuned", spec=spec, trust=trust_of([base]))
    (loaded,) = read_checkpoint(tmp_path / "tuned" / BEST).record["loaded"]
    assert loaded["sha256"] == sha256_of([base])
