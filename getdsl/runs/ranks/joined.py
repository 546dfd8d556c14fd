"""The processes of a run from their start to their end, whatever ends one of them. Lightning starts them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from getdsl.diagnostics import SpecError, UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.process.machine import accelerator_of
from getdsl.runs.process.quiet import quiet_lightning
from getdsl.runs.process.signals import Interrupted
from getdsl.runs.ranks.agreement import all_come, control, named
from getdsl.runs.ranks.placement import Placement
from getdsl.runs.ranks.sharing import Process

SECONDS_TO_END = 30  # that a process has when the first one is done, before it is killed
LOST = re.compile(r"gloo|nccl|peer|Connection (closed|reset)|Broken pipe", re.IGNORECASE)

Children = list["subprocess.Popen[bytes]"]


@contextmanager
def joined(options: Options) -> Iterator[Process]:
    """Starts the other processes that the options ask for, where no launcher did, and meets them.

    An error that all meet is raised in the first alone, another names the process. Where one is gone, so end
    the others.
    """
    if options.placement.world == 1:
        yield Process()
        return
    children = _meet(options.placement, accelerator_of(options.device))
    process = Process.current()
    try:
        yield process
    except (UserError, SpecError, Interrupted) as error:
        together = all_come()
        _end(children, grace=SECONDS_TO_END if together else 0)
        if together and not process.first:
            raise SystemExit(0) from error
        if isinstance(error, UserError) and not process.first:
            raise UserError(named(str(error)), error.help) from error
        raise
    except KeyboardInterrupt as error:  # before there was anything to save
        _end(children, grace=SECONDS_TO_END)
        if process.first:
            raise
        raise SystemExit(0) from error
    except RuntimeError as error:
        if not LOST.search(str(error)):
            raise
        _end(children, grace=0)
        if not process.first:
            raise SystemExit(1) from error
        raise UserError(
            "another process of the run has ended", "its own words say why; go on with `--resume`"
        ) from error
    _end(children, grace=SECONDS_TO_END)


def _meet(placement: Placement, accelerator: str) -> Children:
    """The process group is there; the processes that this one started."""
    from lightning.fabric import Fabric

    try:
        with quiet_lightning():
            fabric = Fabric(
                accelerator=accelerator,
                devices=placement.devices,
                num_nodes=placement.nodes,
                strategy="ddp",
                plugins=plugins_of(placement),
            )
            fabric.launch()
    except (RuntimeError, ValueError, TypeError) as error:
        raise UserError(
            f"the processes of the run do not start: {str(error).partition(chr(10))[0]}"
        ) from error
    control()
    return list(getattr(fabric.strategy.launcher, "procs", ()))


def plugins_of(placement: Placement) -> list[Any]:
    """Lightning's view of the launcher. Its own checkpoints at SLURM's signal are not taken."""
    from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
    from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment

    if placement.launcher == "SLURM":
        return [SLURMEnvironment(auto_requeue=False)]
    return [TorchElasticEnvironment()] if placement.launcher == "torchrun" else []


def _end(children: Children, *, grace: float) -> None:
    """The processes that this one started end, within so many seconds or killed."""
    for child in children:
        try:
            child.wait(grace)
        except subprocess.TimeoutExpired:
            child.kill()
