"""Makes a release of a clean tree: version, changelog, wheel, sdist, trial, SBOM; commits and pushes nothing.

python -m tools.release 1.2.0
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from getdsl.diagnostics import UserError
from tools.release.changelog import released
from tools.release.version import check, current, with_version

ROOT = Path(__file__).parents[2]
BARE = ROOT / "build" / "bare"
DIST = ROOT / "dist"
NEXT = """
getdsl {version} is in dist/ and was tried; nothing is committed. Look at `git diff`, then
  git commit -am "Release {version}"
  git tag -a v{version} -m "getdsl {version}"
  make site VERSION={version}
  git push --follow-tags
  {python} -m twine upload dist/getdsl-{version}.tar.gz dist/getdsl-{version}-py3-none-any.whl
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("version", help="such as 1.2.0")
    try:
        release(parser.parse_args().version)
    except UserError as error:
        print(f"error: {error}\n  = help: {error.help}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: `{error.cmd[0]}` failed, and the files are as they were", file=sys.stderr)
        return 1
    return 0


def release(version: str) -> None:
    """Raises UserError, or CalledProcessError, and the tree is as it was then."""
    refuse_changed_files()
    changelog = ROOT / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    check(version, current(ROOT), first=not tags())
    new = {changelog: released(text, version, datetime.now(UTC).date()), **with_version(ROOT, version)}
    with changed(new):
        build()
        try_in_bare_environment(version)
        bill_of_materials(version)
    print(NEXT.format(version=version, python=sys.executable))


def refuse_changed_files() -> None:
    """Raises UserError where the tree has changes that are not committed."""
    status = said("git", "status", "--porcelain").splitlines()
    if status:
        more = f" and {len(status) - 3} more" if len(status) > 3 else ""
        names = ", ".join(line[3:] for line in status[:3])
        raise UserError(f"not committed: {names}{more}", "commit it or put it aside")


def tags() -> list[str]:
    return said("git", "tag", "--list", "v*").split()


@contextmanager
def changed(files: Mapping[Path, str]) -> Iterator[None]:
    """Files with other texts, which stay if the block ends well."""
    before = {path: path.read_bytes() for path in files}
    try:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        yield
    except BaseException:
        for path, content in before.items():
            path.write_bytes(content)
        raise


def build() -> None:
    """The wheel and the sdist, into an empty `dist/`."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "-d", str(DIST))


def try_in_bare_environment(version: str) -> None:
    """Installs the wheel as a user does, where nothing else is, and runs the trial there."""
    shutil.rmtree(BARE, ignore_errors=True)
    run(sys.executable, "-m", "venv", str(BARE))
    python, quiet = str(BARE / "bin" / "python"), ("--quiet", "--disable-pip-version-check")
    run(python, "-m", "pip", "install", *quiet, "--find-links", str(DIST), f"getdsl=={version}")
    run(python, str(Path(__file__).with_name("trial.py")), cwd=BARE)


def bill_of_materials(version: str) -> None:
    """What the bare environment holds, as CycloneDX."""
    out = DIST / f"getdsl-{version}.cdx.json"
    words = ("--output-format", "JSON", "--output-file", str(out), "--pyproject", "pyproject.toml")
    tool, python = Path(sys.executable).with_name("cyclonedx-py"), BARE / "bin" / "python"
    run(str(tool), "environment", *words, str(python))


def run(*command: str, cwd: Path = ROOT) -> None:
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, cwd=cwd, env=alone, check=True)


def said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
