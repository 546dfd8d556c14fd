"""A folder from which the site is built: pages with their links led home, and `mkdocs.yml` with the nav."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from tools.site.pages import AS_IT_IS, ROOT, TOP, on_the_site, place, source

HERE = Path(__file__).parent
LISTS = {  # pages that list others by theme, by their word in `site.yml`
    "BLOCKS": ("Blocks", "blocks"),
    "CODES": ("Codes of diagnostics", "codes"),
}


def stage(folder: Path, *, versioned: bool = False) -> None:
    """Writes `docs/` and `mkdocs.yml` into the folder, anew; a `versioned` site offers the other versions."""
    shutil.rmtree(folder, ignore_errors=True)
    waiting = [*TOP, *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md")))]
    seen = set(waiting)

    def linked(path: str) -> None:
        if path not in seen:
            seen.add(path)
            waiting.append(path)

    for path in waiting:
        written = folder / "docs" / place(path)
        written.parent.mkdir(parents=True, exist_ok=True)
        if Path(path).suffix in AS_IT_IS:
            shutil.copyfile(ROOT / path, written)
        elif path in TOP or path.startswith("docs/"):
            text = (ROOT / path).read_text(encoding="utf-8")
            written.write_text(on_the_site(path, text, linked), encoding="utf-8")
        else:
            if (ROOT / path).is_dir():
                for inside in sorted((ROOT / path).rglob("*.get")):
                    linked(inside.relative_to(ROOT).as_posix())
            written.write_text(source(path), encoding="utf-8")
    for asset in sorted((HERE / "assets").iterdir()):
        shutil.copyfile(asset, folder / "docs" / asset.name)
    (folder / "mkdocs.yml").write_text(configuration(versioned=versioned), encoding="utf-8")


def configuration(*, versioned: bool = False) -> str:
    """`site.yml`, with blocks and codes in the navigation as their own pages sort them."""
    settings = yaml.safe_load((HERE / "site.yml").read_text(encoding="utf-8"))
    if versioned:
        settings["extra"]["version"] = {
            "provider": "mike"
        }  # the theme's word for a `versions.json` beside it
    for section in settings["nav"]:
        for pages in section.values():
            pages[:] = [listed(*LISTS[page]) if str(page) in LISTS else page for page in pages]
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)


def listed(title: str, folder: str) -> dict[str, list[Any]]:
    """The pages of a folder by the themes of its README."""
    text = (ROOT / "docs" / folder / "README.md").read_text(encoding="utf-8")
    themes: list[Any] = [place(f"docs/{folder}/README.md")]
    for part in text.split("\n## ")[1:]:
        names = re.findall(r"^\| \[(\w+)\]\(\1\.md\)", part, re.MULTILINE)
        themes.append({part.partition("\n")[0]: [{name: f"{folder}/{name}.md"} for name in names]})
    return {title: themes}
