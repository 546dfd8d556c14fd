"""The package's own source: no circles of imports, no two files of one name, nothing too long."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from tests.house import circles, imports, lengths, modules

PACKAGE = Path(__file__).parent.parent / "getdsl"
FUNCTIONS: tuple[type[ast.stmt], ...] = (ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTION, CLASS, FILE = 60, 200, 400  # lines at most
MEDIAN_FUNCTION, MEDIAN_FILE = 8, 100


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def measured(kinds: tuple[type[ast.stmt], ...]) -> dict[str, int]:
    """Lines of all functions or classes of the package."""
    return {
        f"{name_of(path)}:{name}": lines
        for path in modules(PACKAGE).values()
        for name, lines in lengths(path, kinds).items()
    }


def lines_of_files() -> dict[str, int]:
    return {name_of(path): len(path.read_text().splitlines()) for path in modules(PACKAGE).values()}


def test_no_modules_import_each_other() -> None:
    assert circles(PACKAGE) == []


def test_no_two_files_of_the_compiler_have_one_name() -> None:
    names = Counter(path.name for path in (PACKAGE / "compiler").rglob("*.py") if path.name != "__init__.py")
    assert {name for name, number in names.items() if number > 1} == set()


def longer(lines: dict[str, int], most: int) -> dict[str, int]:
    return {name: number for name, number in lines.items() if number > most}


def test_nothing_is_too_long() -> None:
    assert longer(measured(FUNCTIONS), FUNCTION) == {}
    assert longer(measured((ast.ClassDef,)), CLASS) == {}
    assert longer(lines_of_files(), FILE) == {}


def test_most_is_short() -> None:
    assert median(measured(FUNCTIONS).values()) <= MEDIAN_FUNCTION
    assert median(lines_of_files().values()) <= MEDIAN_FILE


# ---- the measures themselves, on a package that is made for them

FILES = {
    "__init__.py": "",
    "a.py": "import made.b\n",
    "b.py": "def late():\n    from made import c\n",
    "c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .rooms.d import D\n",
    "rooms/__init__.py": "",
    "rooms/d.py": "class D:\n    def method(self):\n        def inner():\n            0\n        return 1\n",
    "rooms/e.py": "from . import d\nfrom made.rooms import d as again\n",
}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "made" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "made"


def test_imports_of_every_kind_are_seen(made: Path) -> None:
    assert set(imports(made).edges) == {
        ("made.a", "made.b"),
        ("made.b", "made.c"),
        ("made.c", "made.rooms"),
        ("made.c", "made.rooms.d"),
        ("made.rooms.e", "made.rooms.d"),
    }
    assert circles(made) == []


@pytest.mark.parametrize(
    ("back", "circle"),
    [
        ("import made.a\n", ["made.a", "made.b", "made.c"]),
        ("def late():\n    from made.a import x\n", ["made.a", "made.b", "made.c"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import b\n", ["made.b", "made.c"]),
    ],
)
def test_a_circle_is_found(made: Path, back: str, circle: list[str]) -> None:
    (made / "c.py").write_text(back)
    assert circles(made) == [circle]


def test_a_circle_through_a_package_is_found(made: Path) -> None:
    (made / "rooms" / "__init__.py").write_text("from made.b import late\n")
    assert circles(made) == [["made.b", "made.c", "made.rooms"]]


def test_lengths_count_what_is_nested(made: Path) -> None:
    path = made / "rooms" / "d.py"
    assert lengths(path, FUNCTIONS) == {"D.method": 4, "D.method.inner": 2}
    assert lengths(path, (ast.ClassDef,)) == {"D": 5}
