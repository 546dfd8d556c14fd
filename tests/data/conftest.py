from collections.abc import Callable
from pathlib import Path

import pytest

from getdsl.data.declared import DeclaredData
from tests.data.small import declared, write_files


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., DeclaredData]:
    """The data that a text of the section `data` declares, beside the files of `write_files`."""

    def opened(data: str) -> DeclaredData:
        write_files(tmp_path)
        return declared(tmp_path, data)

    return opened
