"""What the pages of docs/ show is what the program does. GETDSL_UPDATE=1 writes it anew, on the whole data.

The tour comes first: its run is what the other pages ask, as a reader has it who comes from there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from tests.pages.fences import commands, fences
from tests.pages.registered import BY, NOT_RUN, RUN, TOUR, Page
from tests.pages.run import ROOT, Running
from tests.pages.shown import fits

DOCS = ROOT / "docs"
UPDATE = os.environ.get("GETDSL_UPDATE") == "1"


def run(page: str, how: Page, folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        Running(DOCS / page, how.fewer, how.figures, how.skip, anew=UPDATE).run()


@pytest.fixture(scope="session")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the tour leaves; of several processes the first makes it for all."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "toured"
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            whole = folder.with_suffix(".partial")
            shutil.rmtree(whole, ignore_errors=True)
            whole.mkdir()
            run(TOUR, Page(), whole)
            whole.rename(folder)
    return folder


def test_the_tour(toured: Path) -> None:
    text = (DOCS / TOUR).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")][9].startswith("## 10. ")
    assert (toured / "exported" / "model.py").exists()


@pytest.mark.parametrize("page", RUN)
def test_a_page(page: str, toured: Path, tmp_path: Path) -> None:
    for name in ("promoters.get", "variants.vcf", "runs"):
        source = toured / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, tmp_path / name)
    run(page, RUN[page], tmp_path)


def test_every_page_with_fences_is_run() -> None:
    """A new page is entered in registered.py, or has a test of its own, which names it."""
    pages = {path.name: path for path in [*DOCS.glob("*.md"), ROOT / "README.md"]}
    fenced = {name for name, path in pages.items() if fences(path.read_text(encoding="utf-8"))}
    assert fenced == {TOUR, *RUN, *BY, *NOT_RUN}
    for page, test in BY.items():
        assert page in (ROOT / test).read_text(encoding="utf-8"), test


@pytest.mark.parametrize(
    ("shown", "out", "figures", "same"),
    [
        ("a\n…\nc\n", "a\nb\nb\nc\n", True, True),
        ("a\n…\nc\n", "a\nb\nd\n", True, False),
        ("b  … bytes\n", "b  12 bytes\n", True, True),
        ("[8]  296\n", "[8]  297\n", True, False),
        ("[8]  296\n", "[8]  297\n", False, True),
        ("epoch 1/2 loss 3.4 *\nepoch 2/2 loss 1e-3\n", "epoch 1/1 loss 12\n", False, True),
        ("loss 3.4\n", "cost 3.4\n", False, False),
        ("a\n", "a\nb\n", False, False),
    ],
)
def test_what_differs_is_found(shown: str, out: str, figures: bool, same: bool) -> None:
    assert fits(shown, out, figures) is same


def wrong(tmp_path: Path, page: str) -> None:
    (tmp_path / "page.md").write_text(page)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        Running(tmp_path / "page.md").run()


@pytest.mark.parametrize(
    "page",
    [
        "```get a.get\nmodel M { }\n```\n```console\n$ getdsl check a.get\na.get: fine\n```\n",
        "```console\n$ rm a.get\n```\n",
        "```python\nprint(1)\n```\n\n```text\n2\n```\n",
        "```sh\nmake nothing-of-the-kind\n```\n",
        "```get\nmodel M { input }\n```\n",
    ],
)
def test_a_page_that_is_wrong_is_found(page: str, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, SystemExit)):
        wrong(tmp_path, page)


def test_commands_of_several_lines() -> None:
    [fence] = fences("```console\n$ getdsl a \\\n      b\none\n$ cat x\n```\n")
    assert [(each.line, each.shown) for each in commands(fence)] == [("getdsl a b", "one\n"), ("cat x", "")]
