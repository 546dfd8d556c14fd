"""`environment.json`: where, when and by which command a run was started, and on what."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from getdsl.formats.json_values import Json
from getdsl.runs.evaluation.report import write_text
from getdsl.runs.opened.session import Session
from getdsl.runs.outcome.files import ENVIRONMENT
from getdsl.runs.process.machine import accelerator_of
from getdsl.runs.run_folder.provenance import versions
from getdsl.text.opener import MEBIBYTE, read_text

_SECONDS = 5  # that git may take


def write_environment(folder: Path, session: Session) -> None:
    write_text(folder / ENVIRONMENT, json.dumps(environment(session), indent=2) + "\n")


def environment(session: Session) -> dict[str, Json]:
    accelerator = accelerator_of(session.options.device, session.settings.precision)
    found: dict[str, Json] = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command(),
        "folder": os.getcwd(),
        "device": torch.cuda.get_device_name() if accelerator == "gpu" else accelerator,
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "platform": platform.platform(),
        "versions": {**versions(), "matplotlib": version("matplotlib")},
    }
    if torch.version.cuda is not None:
        found["cuda"] = torch.version.cuda
    git = git_state(session.spec.path)
    return found | ({"git": git} if git else {})


def command() -> str:
    """What this process was started as."""
    program = Path(sys.argv[0]).name
    return shlex.join(["getdsl" if program == "__main__.py" else program, *sys.argv[1:]])


def processor() -> str:
    try:
        lines = read_text("/proc/cpuinfo", MEBIBYTE).splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def git_state(spec: Path | None) -> dict[str, Json]:
    """The revision of the folder that a spec is in, and whether the spec differs from it; empty without git.

    Nothing that a repository's own settings name is run.
    """
    if spec is None:
        return {}
    revision = _git(spec.parent, "rev-parse", "HEAD")
    if revision is None:
        return {}
    committed = _git(spec.parent, "rev-parse", f"HEAD:./{spec.name}")
    return {
        "revision": revision,
        "spec_changed": committed != _git(spec.parent, "hash-object", "--no-filters", spec.name),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
