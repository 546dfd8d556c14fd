"""A script for SLURM's `sbatch` that carries out a training, and goes on with it until it is done."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from getdsl.diagnostics import UserError

SECONDS_TO_SAVE = 120  # before the time of a job is over
SAID_BY = {"nodes": "--num-nodes", "ntasks-per-node": "--devices"}
GPUS = {"gpus", "gpus-per-node", "gres"}  # ways to ask for them
OPTION = re.compile(r"[a-z][a-z-]*(=\S+)?")

TEXT = """\
#!/bin/bash
# Written by `getdsl train --slurm`, to be handed to `sbatch`.
{settings}

cd {folder} || exit 1
how={how}
[ "${{SLURM_RESTART_COUNT:-0}}" -gt 0 ] && how=--resume
srun --kill-on-bad-exit=1 --cpus-per-task="$SLURM_CPUS_PER_TASK" \\
    {command} "$how"
code=$?
# ended by SLURM's signal with all saved: the job is queued again, and goes on
[ "$code" -eq 143 ] && scontrol requeue "$SLURM_JOB_ID"
exit "$code"
"""


@dataclass(frozen=True)
class Job:
    """What is asked for: processes on each machine, machines, cores for each process, and whether GPUs."""

    name: str
    devices: int
    nodes: int
    cpus: int
    gpus: bool


def slurm_script(arguments: Sequence[str], job: Job, options: Iterable[str]) -> str:
    """The script for getdsl's `arguments`; `options` are those of `sbatch`, without dashes, over our own.

    SLURM's signal before the end of its time has the run saved. Raises UserError for an option that is none,
    or that the command says itself.
    """
    asked = settings_of(job) | dict(map(_option, options))
    if len(asked.keys() & GPUS) > 1:
        del asked["gpus-per-node"]
    lines = (f"#SBATCH --{name}={value}" if value else f"#SBATCH --{name}" for name, value in asked.items())
    kept = [item for item in arguments if item not in ("--resume", "--overwrite")]
    return TEXT.format(
        settings="\n".join(lines),
        folder=shlex.quote(str(Path.cwd())),
        how="--overwrite" if "--overwrite" in arguments else "--resume",
        command=shlex.join([sys.executable, "-m", "getdsl", *kept]),
    )


def settings_of(job: Job) -> dict[str, str]:
    found = {
        "job-name": job.name,
        "output": f"{job.name}-%j.out",
        "open-mode": "append",
        "nodes": str(job.nodes),
        "ntasks-per-node": str(job.devices),
        "cpus-per-task": str(job.cpus),
        "signal": f"TERM@{SECONDS_TO_SAVE}",
        "requeue": "",
    }
    return found | ({"gpus-per-node": str(job.devices)} if job.gpus else {})


def _option(text: str) -> tuple[str, str]:
    text = text.removeprefix("--")
    name, _, value = text.partition("=")
    if not OPTION.fullmatch(text):
        help = "write it as NAME=VALUE: `--slurm-option time=12:00:00`"
        raise UserError(f"`--slurm-option {text}` is no option of `sbatch`", help)
    if name in SAID_BY:
        raise UserError(f"`--slurm-option {name}` is for the command to say", f"use `{SAID_BY[name]}`")
    return name, value


def without_slurm(arguments: Sequence[str]) -> list[str]:
    """The arguments of the command that the script carries out."""
    kept: list[str] = []
    for before, item in zip(["", *arguments], arguments, strict=False):
        if item != "--slurm" and "--slurm-option" not in (before, item.partition("=")[0]):
            kept.append(item)
    return kept
