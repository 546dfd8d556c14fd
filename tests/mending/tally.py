"""How many of the catalogue's mistakes `check --fix` mends: `python -m tests.mending.tally`.

Each kind is made alone in up to three shipped specs, the same that `tests/language/test_injection.py` spoils.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from getdsl.compiler.check import check_files
from getdsl.compiler.constants.overrides import Overrides
from getdsl.mending.mend import Mended, Texts, mend
from tests.language.mistakes import CATALOGUE, Mistake, inject
from tests.language.test_injection import SHIPPED, clean, place_beside

TRIES = 3  # of a kind, each in another spec


@dataclass(frozen=True)
class Try:
    """A mistake of a kind in a shipped spec, and what its fixes made of it."""

    kind: str
    spec: Path
    spoiled: Path
    mended: Mended

    @property
    def before(self) -> str:
        return self.mended.before[self.spoiled.resolve()]

    @property
    def text(self) -> str:
        return self.mended.texts[self.spoiled.resolve()]

    @property
    def checks(self) -> bool:
        return self.mended.checked.ok


def tries(kinds: Iterable[str], folder: Path, most: int = TRIES) -> Iterator[Try]:
    """Up to `most` of each kind, made in files of the folder."""
    for kind in kinds:
        made = ((path, _make(kind, path)) for path in SHIPPED)
        for path, mistake in islice(((path, mistake) for path, mistake in made if mistake), most):
            text, _ = inject(clean(path).text, [mistake])
            spoiled = place_beside(path, text, folder)
            texts = {spoiled.resolve(): spoiled.read_text()}
            yield Try(kind, path, spoiled, mended(texts))


def mended(texts: Texts) -> Mended:
    return mend(texts, lambda texts: check_files(texts, Overrides()))


def _make(kind: str, path: Path) -> Mistake | None:
    return CATALOGUE[kind](clean(path), random.Random(f"{kind} {path.name}"))


def main() -> None:
    kinds = sys.argv[1:] or list(CATALOGUE)
    with tempfile.TemporaryDirectory() as folder:
        found = list(tries(kinds, Path(folder)))
    for kind in kinds:
        of_kind = [item for item in found if item.kind == kind]
        print(f"{sum(item.checks for item in of_kind)} of {len(of_kind)}  {kind}")
    mended = sum(item.checks for item in found)
    print(f"{mended} of {len(found)} tries, {100 * mended / len(found):.1f} %")


if __name__ == "__main__":
    main()
