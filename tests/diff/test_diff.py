"""What `diff` prints, for files, revisions of git and runs, and how it refuses what it cannot read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.compiler.check import check_text
from getdsl.diff.comparison import Comparison, compare
from getdsl.diff.page.text import text
from getdsl.diff.settings import words
from getdsl.diff.side import Side
from getdsl.runs.run_folder.checkpoint import Checkpoint, write_checkpoint
from getdsl.runs.run_folder.spec_record import spec_record
from tests.diff.variants import BASE, END, HEADS, LORA, Edits, edited

LOSS = "loss { y = MSE(y, batch.y, ) weight 0.5 }\ntrain { epochs = 3 }\n"


def compared(*edits: tuple[str, str], before: Edits = ()) -> Comparison:  # type: ignore[assignment]
    specs = [check_text(edited(BASE, list(each))).spec for each in (before, edits)]
    assert specs[0] is not None
    assert specs[1] is not None
    return compare(Side("a", specs[0]), Side("b", specs[1]))


def lines(*edits: tuple[str, str], before: Edits = ()) -> list[str]:  # type: ignore[assignment]
    """The lines of a comparison, runs of blanks as one."""
    return [re.sub(" +", " ", line).strip() for line in text(compared(*edits, before=before)).splitlines()]


SHOWN = {
    "a param and what follows": (
        [("width: int = 6", "width: int = 8")],
        [
            "~ width 6 → 8",
            "~ stem out_channels 6 → 8",
            "shape [B, L, 6] → [B, L, 8]",
            "~ 2 more in shape or size alone x, head",
        ],
    ),
    "an argument": (
        [("kernel_size = 3", "kernel_size = 5")],
        ["~ stem kernel_size 3 → 5", "parameters 78 → 126"],
    ),
    "a step renamed": (
        [("stem", "trunk")],
        ["> trunk name stem → trunk", '"stem." -> "trunk." # by shape alone'],
    ),
    "a step more": (
        [(END, HEADS)],
        ["+ side mean(x, dim = 1) -> Linear(3) [B, 3] 21 parameters", "+ s side [B, 3]"],
    ),
    "a loop that is longer": (
        [("depth: int = 2", "depth: int = 4")],
        ["+ tower.* (2) x -> Unit(width) [B, L, 6] 54 parameters"],
    ),
    "code inside a block": ([("gelu(up)", "relu(up)")], ["~ tower.*.y (2) code x + gelu(up) → x + relu(up)"]),
    "a block swapped": ([("Conv1d(width, kernel_size = 3)", "Linear(width)")], ["~ stem Conv1d → Linear"]),
    "an input": ([("onehot[B, L, 4]", "[B, 9, 4]")], ["~ dna shape onehot[B, L, 4] → [B, 9, 4]"]),
    "a head that is read no more": (
        [("y = head", "y = mean(x, dim = 1)")],
        ["~ head reads mean(tower.1, dim = 1) → nothing: it is not applied"],
    ),
    "a section": ([("", LOSS)], ["+ y MSE(y, batch.y,)", "+ y weight 0.5", "~ epochs 10 → 3"]),
    "what is frozen": ([("", 'freeze = ["stem"]\n')], ['+ ["stem"]', "~ in all trainable 207 → 129"]),
    "adapters": ([("", LORA)], ['+ on ["tower"]', "trainable 207 → 183"]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_differs_is_shown(name: str) -> None:
    edits, wanted = SHOWN[name]
    found = lines(*edits)
    assert [line for line in wanted if line not in found] == [], "\n".join(found)


def test_layout_comments_and_numbers_as_they_are_written_do_not_count() -> None:
    other = ("", LOSS.replace("batch.y, )", "batch.y)  # what is measured\n").replace("0.5", "5e-1"))
    found = compared(other, ("    ", "\t"), before=[("", LOSS)])
    assert found.same
    assert text(found).splitlines()[-1] == "the same: layout, comments and docs aside, nothing differs"


def test_a_block_of_a_loss_that_is_computed_otherwise_is_seen() -> None:
    own = "block Own { input x: [...]\n input t: [...]\n output y = abs(x - t) }\n"
    with_loss = [("block Unit", f"{own}block Unit"), ("", "loss { y = Own(y, batch.y) }\n")]
    found = lines(*with_loss, ("abs(x - t)", "(x - t) * (x - t)"), before=with_loss)
    assert "~ its blocks as they were → computed otherwise" in found


def test_words_of_code() -> None:
    assert words("f( x,1e-3 , [a, ] )") == words("f(x, 0.001, [a])")
    assert words('f("a  b")') != words('f("a b")')


def test_a_step_that_changes_place_with_another_of_its_kind_keeps_its_name() -> None:
    two = [("head =", "p = x -> Linear(width)\n    q = p -> Linear(width)\n    head ="), ("mean(x", "mean(q")]
    one = [("head =", "q = x -> Linear(width)\n    head ="), ("mean(x", "mean(q")]
    found = compared(*one, before=two)
    assert [(change.fate, change.name) for change in found.nodes] == [("removed", "p"), ("changed", "q")]


# ---- the command


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a spec that uses another file, both changed since the last commit."""
    monkeypatch.chdir(tmp_path)
    unit, model = BASE.split("model Base")
    for number, norm in enumerate(("LayerNorm", "RMSNorm")):
        (tmp_path / "specs").mkdir(exist_ok=True)
        (tmp_path / "specs/unit.get").write_text(unit.replace("LayerNorm", norm))
        (tmp_path / "specs/base.get").write_text(f'use "unit.get"\nmodel Base{model}')
        if not number:
            git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
            for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "one"), ("tag", "v1")):
                subprocess.run([*git, *words], check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize(
    "asked", [["HEAD:specs/base.get", "specs/base.get"], ["v1:", "specs/base.get"], ["specs/base.get"]]
)
def test_revisions_bring_the_files_that_they_use(
    repository: Path, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    assert main(["diff", *asked, "--exit-code", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "getdsl.diff/1"
    assert not found["same"]
    changed = {each["name"]: each["arguments"] for each in found["nodes"] if each["arguments"]}
    swapped = [{"name": "", "before": "LayerNorm", "after": "RMSNorm"}]
    assert changed == {"tower.0.norm": swapped, "tower.1.norm": swapped}
    assert found["checkpoints"]["how"] == "in part"
    assert found["checkpoints"]["dropped"] == [
        "tower.0.norm.bias",
        "tower.1.norm.bias",
    ]


def test_a_revision_against_itself_is_the_same(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "HEAD:specs/base.get", "v1:specs/base.get", "--exit-code"]) == 0
    assert "the same" in capsys.readouterr().out


REFUSED = {
    "revision": (["nope:specs/base.get", "specs/base.get"], "has no revision `nope`"),
    "option": (["--", "-x:specs/base.get", "specs/base.get"], "`-x` is no revision of git"),
    "path": (["HEAD:specs/nope.get", "specs/base.get"], "`HEAD` has no file `specs/nope.get`"),
    "outside": (["HEAD:../x.get", "specs/base.get"], "`../x.get` leads out of the repository"),
    "no file on either side": (["HEAD:", "v1:"], "each side names a revision and none a file"),
    "folder": (["specs", "specs/base.get"], "the folder `specs` holds no run"),
    "size": (["specs/base.get", "specs/base.get", "--set-dim", "Q=1"], "has no size `Q`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(
    repository: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    asked, wanted = REFUSED[name]
    assert main(["diff", *asked]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert wanted in error
    assert "= help: " in error


def test_a_used_file_that_a_revision_lacks_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "specs/new.get").write_text('use "later.get"\n')
    subprocess.run(["git", "add", "specs/new.get"], check=True)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "two"], check=True)
    assert main(["diff", "HEAD:specs/new.get", "specs/base.get"]) == 1
    assert (
        "`HEAD:specs/new.get` uses `specs/later.get`, which `HEAD` does not have" in capsys.readouterr().err
    )


def test_errors_of_a_side_stand_at_its_own_place(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "specs/base.get").write_text("model M { input x: [B, 4]\n output y = rleu(x) }\n")
    assert main(["diff", "specs/base.get"]) == 1
    assert " --> specs/base.get:2:13" in capsys.readouterr().err
    assert main(["diff", "HEAD:specs/base.get", "v1:", "--set", "wdith=3"]) == 1


def test_without_a_repository_or_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "a.get").write_text(BASE)
    assert main(["diff", "a.get"]) == 1
    assert "is in no git repository" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "")
    assert main(["diff", "a.get"]) == 1
    assert "git is not installed" in capsys.readouterr().err


def test_a_run_is_its_spec_and_its_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The weights of the checkpoint count, not those of its spec; without one, `spec.get` is read."""
    from getdsl.compiler.check import check
    from getdsl.compiler.lower import build

    path, run = tmp_path / "a.get", tmp_path / "run"
    path.write_text(BASE)
    checked = check(path)
    assert checked.spec is not None
    run.mkdir()
    (run / "spec.get").write_text(edited(BASE, [("stem", "trunk")]))
    assert main(["diff", str(run), str(path), "--format", "markdown"]) == 0
    assert "🔁 **checkpoints of" in capsys.readouterr().out
    weights = dict(build(checked.spec, seed=0).state_dict())
    del weights["stem.bias"]
    record = {"spec": spec_record(checked), "seed": 0}
    write_checkpoint(run / "best.safetensors", Checkpoint(record, weights))  # type: ignore[arg-type]
    assert main(["diff", str(run), str(path)]) == 0
    out = capsys.readouterr().out
    assert "the same" in out
    assert "not in the checkpoint: `stem.bias`" in out
    assert f'load "{run}/best.safetensors"' in out


def test_markdown_is_safe_and_whole(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "specs/base.get", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("### `HEAD:specs/base.get` → `specs/base.get`\n")
    assert "| changed | `tower.*.norm (2)` |  | `LayerNorm` | `RMSNorm` |" in out
    assert out.count("```") == 2
    assert "- without a place: `tower.*` (2)" in out


def test_colours_are_for_terminals(repository: Path) -> None:
    found = compared(("stem", "trunk"))
    assert "\x1b[" not in text(found)
    assert "\x1b[36m>\x1b[0m" in text(found, color=True)


def test_no_torch_is_imported(repository: Path) -> None:
    code = "import sys; from getdsl.cli import main; main(['diff', 'specs/base.get']); "
    code += "assert 'torch' not in sys.modules"
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
