"""A file of a spec with another text, which tools show as a difference or put in its place."""

from __future__ import annotations

import codecs
import difflib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.grammar.reading import MAX_BYTES
from getdsl.text.opener import read_bytes
from getdsl.text.whole import whole_file

NO_END = "\\ No newline at end of file\n"  # as diff and patch have it


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file's text as it is and as it would be, both with a byte order mark or neither; `path` as shown."""

    path: Path
    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after

    def write(self) -> None:
        """Puts the new text in the place of the old, whole, with its permissions and mark; a link stays one.

        Raises UserError where the file may not be written, or holds something else by now.
        """
        place = self.path.resolve()
        if not os.access(place, os.W_OK):
            raise UserError(f"{self.path} may not be written", "`chmod u+w` makes it so, where it is yours")
        data, before = read_bytes(place, MAX_BYTES), self.before.encode()
        is_marked = data.startswith(codecs.BOM_UTF8) and not before.startswith(codecs.BOM_UTF8)
        mark = codecs.BOM_UTF8 if is_marked else b""
        if data != mark + before:
            raise UserError(f"{self.path} was changed meanwhile", "run the command again")
        with whole_file(place, mode=stat.S_IMODE(place.stat().st_mode)) as aside:
            aside.write_bytes(mark + self.after.encode())

    def difference(self, what: str) -> str:
        """What changes, as `diff -u` has it; `what` happened to the file stands behind its name."""
        before, after = (side.splitlines(keepends=True) for side in (self.before, self.after))
        lines = difflib.unified_diff(before, after, str(self.path), f"{self.path} ({what})")
        return "".join(line if line.endswith("\n") else f"{line}\n{NO_END}" for line in lines)
