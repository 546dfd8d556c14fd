"""Libraries that only some readers need: what is said where they are not installed."""

import sys
import tomllib
from pathlib import Path

import pytest

from getdsl.data.errors import DataError
from getdsl.data.extras import EXTRAS, optional

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
BROUGHT = PROJECT["optional-dependencies"]


@pytest.mark.parametrize("library", EXTRAS)
def test_its_absence_is_a_sentence_with_the_command(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DataError) as raised:
        optional(library, "counts.file")
    assert str(raised.value) == (
        f"counts.file: reading it needs {library}, which is not installed; "
        f"run `pip install 'getdsl[{EXTRAS[library]}]'`."
    )


def test_a_module_within_a_library_names_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet", raising=False)
    with pytest.raises(DataError, match=r"needs pyarrow, which is not installed; .*getdsl\[parquet\]"):
        optional("pyarrow.parquet", "table.parquet")


def test_a_library_that_lacks_a_part_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cooler.py").write_text("import absent_part")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cooler", raising=False)
    with pytest.raises(DataError, match=r"needs cooler, which cannot be imported \(No module .*absent_part"):
        optional("cooler", "x.mcool")


def test_what_is_installed_is_imported() -> None:
    assert optional("pyarrow", "x").__name__ == "pyarrow"


def test_every_extra_is_declared_and_in_all() -> None:
    for library, extra in EXTRAS.items():
        assert any(library in requirement for requirement in BROUGHT[extra]), library
    of_readers = BROUGHT.keys() - {"dev", "docs", "zoo", "fuzz", "release", "all"}
    assert set(BROUGHT["all"]) == {f"getdsl[{extra}]" for extra in of_readers}
