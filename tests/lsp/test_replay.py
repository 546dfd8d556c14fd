"""Random edits through the server; `python -m tests.lsp.replay` replays many more."""

from pathlib import Path

from tests.lsp.replay.session import Session


def test_a_session_at_random_stays_equal_to_a_fresh_check(tmp_path: Path) -> None:
    assert Session(tmp_path, seed=0).run(edits=40, compare_every=10) == 40
