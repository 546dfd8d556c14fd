"""Where the page of a code is."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

DOCS = "Documentation"  # the address of the docs among the project's, in pyproject.toml
ROOT = Path(__file__).resolve().parents[2]


def page_of(code: str) -> str | None:
    """The address of a code's page: on the project's site, else beside the sources; None without one."""
    site = _site()
    if site:
        return f"{site}/codes/{code}"
    page = ROOT / "docs" / "codes" / f"{code}.md"
    return page.as_uri() if page.is_file() else None


@cache
def _site() -> str:
    """The address of the docs, as the package says it; empty where it says none."""
    try:
        urls = metadata("getdsl").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named: dict[str, str] = dict(url.split(", ", 1) for url in urls)
    return named.get(DOCS, "").rstrip("/")
