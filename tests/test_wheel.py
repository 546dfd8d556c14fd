"""The wheel has all of the package, and works where nothing of the repository is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import getdsl

ROOT = Path(__file__).parents[1]
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
INSTALL = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
SPEC = """use "getdsl:get/region_finetune.get"
model Mine extends RegionFinetune {
    head_exp = encoder[:, 1:] -> ExpressionHead(embed_dim, output_dim = 1)
}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


def test_the_wheel_has_what_the_tree_has(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    about = f"getdsl-{getdsl.__version__}.dist-info"
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in ("getdsl", "specs")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts
    }
    wanted = {f"getdsl/{path}" if path.startswith("specs/") else path for path in there}
    assert {name for name in names if not name.startswith(about)} == wanted
    assert {"getdsl/py.typed", "getdsl/specs/quickstart.get", f"{about}/licenses/LICENSE"} <= names


def test_what_it_installs_runs_by_itself(wheel: Path, tmp_path: Path) -> None:
    """Installed beside the packages that it needs, which are those of this environment."""
    home = tmp_path / "installed"
    subprocess.run([sys.executable, *INSTALL, "--target", str(home), str(wheel)], check=True)
    (tmp_path / "mine.get").write_text(SPEC)
    environment = os.environ | {"PYTHONPATH": str(home), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def printed(*command: str) -> str:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    script = str(home / "bin" / "getdsl")
    assert printed(sys.executable, "-c", "import getdsl; print(getdsl.__file__)").startswith(str(home))
    coloured = printed(sys.executable, "-m", "pygments", "-l", "get", "-f", "html", "mine.get")
    assert '<span class="kn">use</span>' in coloured
    assert printed(sys.executable, script, "--version") == f"getdsl {getdsl.__version__}\n"
    assert printed(sys.executable, script, "check", "mine.get") == "mine.get: fine\n"
    assert "MotifScanner" in printed(sys.executable, script, "blocks")
    assert "trainable" in printed(sys.executable, script, "plan", "mine.get", "--set", "num_layers=1")
