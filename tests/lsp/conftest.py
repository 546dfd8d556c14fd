from pathlib import Path

import pytest

from tests.lsp.editor import Editor


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(tmp_path)
