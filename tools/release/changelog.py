"""The changelog: what is unreleased goes under a version and its date."""

from __future__ import annotations

import re
from datetime import date

from getdsl.diagnostics import UserError

UNRELEASED = "## Unreleased"
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def released(text: str, version: str, day: date) -> str:
    """The changelog with a version made of what is unreleased. Raises UserError where that is nothing."""
    before, heading, after = text.partition(f"{UNRELEASED}\n")
    if not heading:
        raise UserError(f"CHANGELOG.md has no `{UNRELEASED}`", "put it above the newest version")
    if any(title.partition(" ")[0] == version for title in HEADING.findall(after)):
        raise UserError(f"CHANGELOG.md has {version} already", "choose the next version")
    if not _entries(after):
        raise UserError("CHANGELOG.md has nothing that is unreleased", "say there what changes for users")
    return f"{before}{UNRELEASED}\n\n## {version} - {day.isoformat()}\n{after}"


def _entries(after: str) -> list[str]:
    """The lines of a version's list, from below its heading on."""
    own = HEADING.split(after)[0]
    return [line for line in own.splitlines() if line.startswith("- ")]
