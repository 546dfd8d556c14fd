from __future__ import annotations

from pathlib import Path

import pytest

from getdsl.compiler.spec import Spec
from tests.data.store.files import BATCH, spec_of, write_files


@pytest.fixture
def small(tmp_path: Path) -> Spec:
    """Sequence and tracks of 90 regions, not prepared yet."""
    write_files(tmp_path)
    return spec_of(tmp_path, BATCH.format(length=40))
