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
from tools.site.versions import is_version, write_list


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "site", help="the folder of the site")
    parser.add_argument(
        "--version", help="build the docs of a version, in a folder of their own beside those that are there"
    )
    args = parser.parse_args()
    if args.version is not None and not is_version(args.version):
        print(f"error: `{args.version}` is no version, such as 1.2.0", file=sys.stderr)
        return 1
    return build(args.out, args.version)


def build(site: Path, version: str | None) -> int:
    """Replaces the site, or of a site with versions the folder of one."""
    staged, out = ROOT / "build" / "site", site / version if version else site
    try:
        stage(staged, versioned=version is not None)
    except BrokenLinkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    if code := subprocess.run(command, cwd=staged, check=False).returncode:
        return code
    if wrong := list(broken(staged / "site")):
        print(*(f"error: {each}" for each in wrong[:20]), sep="\n", file=sys.stderr)
        return 1
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(staged / "site", out)
    if version is not None:
        write_list(site)
    print(f"{out}/index.html: {len(list(out.rglob('*.html')))} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
