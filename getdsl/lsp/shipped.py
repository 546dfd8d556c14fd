"""Files that come with the package, which are not the user's to change."""

from __future__ import annotations

from pathlib import Path

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.compiler.program import SPECS
from getdsl.text.source import SourceFile


def is_shipped(source: SourceFile) -> bool:
    path = source.path
    return path is not None and any(Path(path).is_relative_to(folder) for folder in (PACKAGE, SPECS))
