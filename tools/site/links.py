"""What a built site asks for: its own files, all of which must be there, and nothing of the net."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

LEADS = re.compile(r'<(\w+)\b[^>]*?\s(?:href|src)="([^"#?]*)')
LINKS_ONLY = {"a"}  # may lead out into the net; all else would be fetched


def broken(site: Path) -> Iterator[str]:
    """A sentence for each file that is not there, and each that would be fetched from the net."""
    for page in sorted(site.rglob("*.html")):
        if page.name == "404.html":  # served from any place, by addresses from the top
            continue
        for tag, target in sorted(set(LEADS.findall(page.read_text(encoding="utf-8")))):
            name = page.relative_to(site)
            if re.match(r"[a-z]+:|//", target):
                if tag not in LINKS_ONLY:
                    yield f"{name} fetches {target}"
            elif target and not (page.parent / unquote(target)).exists():
                yield f"{name} links to {target}, which is not there"
