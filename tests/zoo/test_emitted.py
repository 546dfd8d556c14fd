"""What `getdsl compile` writes of each recorded model loads in a new process and repeats its outputs."""

import subprocess
import sys
from pathlib import Path

import torch

import getdsl
from getdsl.compiler.lower.package import write_package
from tests.specs.test_emitted import REPEAT
from tests.zoo.test_recorded import ROOT, read

SMALL = {"bpnet", "chrombpnet", "enformer"}


def test_the_emitted_modules_repeat_their_outputs(tmp_path: Path) -> None:
    for name in SMALL:
        meta, groups = read(name)
        compiled = getdsl.compile(ROOT / f"specs/zoo/{name}.get", params=meta["params"], seed=1)
        compiled.module.eval()
        write_package(compiled, tmp_path / name)
        with torch.no_grad():
            outputs = compiled.module(**groups["in"])
        torch.save((groups["in"], outputs), tmp_path / f"{name}.pt")
    script = tmp_path / "repeat.py"
    script.write_text(REPEAT.replace("module.load()", "module.load().eval()"))
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(SMALL)
