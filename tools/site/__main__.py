"""Builds the site into `site/`: `python -m tools.site`. A link or anchor that leads nowhere is an error."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tools.site.links import broken
from tools.site.pages import ROOT, BrokenLinkError
from tools.site.staged import stage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "site", help="the folder of the site")
    out = parser.parse_args().out
    staged = ROOT / "build" / "site"
    try:
        stage(staged)
    except BrokenLinkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    build = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    if code := subprocess.run(build, cwd=staged, check=False).returncode:
        return code
    if wrong := list(broken(staged / "site")):
        print(*(f"error: {each}" for each in wrong[:20]), sep="\n", file=sys.stderr)
        return 1
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(staged / "site", out)
    print(f"{out}/index.html: {len(list(out.rglob('*.html')))} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
