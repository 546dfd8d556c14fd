"""What `getdsl compile` writes of each spec loads in a new process and repeats its outputs."""

import subprocess
import sys
from pathlib import Path

import torch

from getdsl.compiler.lower.package import write_package
from tests.specs.models import MODELS
from tests.specs.test_specs import trial

REPEAT = """
import importlib.util, sys
from pathlib import Path
import torch

for folder in sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir()):
    spec = importlib.util.spec_from_file_location(folder.name, folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    inputs, outputs = torch.load(folder.with_suffix(".pt"))
    with torch.no_grad():
        found = module.load()(**inputs)
    assert found.keys() == outputs.keys(), folder.name
    for name, tensor in outputs.items():
        torch.testing.assert_close(found[name], tensor, msg=lambda text: f"{folder.name}.{name}: {text}")
    print(folder.name)
"""


def test_the_emitted_modules_repeat_their_outputs(tmp_path: Path) -> None:
    for name in MODELS:
        _, compiled, batch = trial(name)
        inputs = compiled.prepare(batch)
        write_package(compiled, tmp_path / name)  # before the call, which moves running maxima
        with torch.no_grad():
            outputs = compiled.module(**inputs)
        torch.save((inputs, outputs), tmp_path / f"{name}.pt")
    script = tmp_path / "repeat.py"
    script.write_text(REPEAT)
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(MODELS)
