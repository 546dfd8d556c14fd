"""On how many devices of how many machines a run computes: as its settings ask, or a launcher started it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from getdsl.diagnostics import UserError

Devices = int | Literal["auto"] | None
Strategy = Literal["auto", "ddp", "fsdp"]


@dataclass(frozen=True)
class Placement:
    """Processes on each machine, machines, and how they share the work; `launcher` started them, if any."""

    devices: int = 1
    nodes: int = 1
    strategy: Strategy = "auto"
    launcher: str | None = None

    @property
    def world(self) -> int:
        return self.devices * self.nodes

    @property
    def shards(self) -> bool:
        """Whether each process has a part of the model alone."""
        return self.strategy == "fsdp" and self.world > 1


ALONE = Placement()


def placement_of(
    devices: Devices,
    nodes: int | None,
    strategy: Strategy,
    gpus: int,
    environment: Mapping[str, str] = os.environ,
) -> Placement:
    """`gpus`, where they are computed on, is how many there are here, else 0.

    Raises UserError where a launcher started other processes than are asked for, or there are too few GPUs.
    """
    started = _started(environment)
    if started is not None:
        there = max(1, gpus) if devices == "auto" else devices
        _refuse_other(there, started.devices, "devices", started)
        _refuse_other(nodes, started.nodes, "num_nodes", started)
        found = Placement(started.devices, started.nodes, strategy, started.launcher)
    else:
        found = Placement(max(1, gpus) if devices == "auto" else devices or 1, nodes or 1, strategy)
    if 0 < gpus < found.devices:
        raise UserError(
            f"{found.devices} GPUs of this machine are asked for, and torch sees {gpus}",
            f"take `--devices {gpus}`, or `--device cpu`",
        )
    return found


def _started(environment: Mapping[str, str]) -> Placement | None:
    """The processes that torchrun or SLURM's `srun` started, of which this is one."""
    if "TORCHELASTIC_RUN_ID" in environment:
        here = int(environment["LOCAL_WORLD_SIZE"])
        return Placement(here, int(environment["WORLD_SIZE"]) // here, launcher="torchrun")
    tasks = int(environment.get("SLURM_NTASKS", 1))
    if tasks == 1 or environment.get("SLURM_JOB_NAME") in ("bash", "interactive"):
        return None
    if "SLURM_STEP_ID" not in environment:
        raise UserError(
            f"SLURM gives this job {tasks} tasks, and the command was started once",
            "start it by `srun getdsl train …`; `getdsl train --slurm` writes such a script",
        )
    if "SLURM_NTASKS_PER_NODE" not in environment:
        raise UserError(
            f"SLURM started {tasks} tasks, and does not say how many on each machine",
            "ask for them by `--nodes` and `--ntasks-per-node`; `getdsl train --slurm` writes such a script",
        )
    here = int(environment["SLURM_NTASKS_PER_NODE"])
    return Placement(here, tasks // here, launcher="SLURM")


def _refuse_other(asked: int | None, there: int, name: str, started: Placement) -> None:
    if asked is not None and asked != there:
        what = "processes on each machine" if name == "devices" else "machines"
        raise UserError(
            f"`{name}` is {asked}, and {started.launcher} started {there} {what}",
            f"leave `{name}` out, or start as many",
        )


def speaks(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process prints for all, as far as that is known before they have met."""
    return all(
        environment.get(name, "0") == "0" for name in ("RANK", "SLURM_PROCID", "LOCAL_RANK", "NODE_RANK")
    )
