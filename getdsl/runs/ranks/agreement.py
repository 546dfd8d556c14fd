"""What processes tell each other beside tensors: values, errors, and whether to stop.

Each function is called by all of them; one alone gets back what it gave.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from getdsl.diagnostics import SpecError, UserError
from getdsl.runs.ranks.sharing import Process

Value = TypeVar("Value")
SECONDS_TO_COME = 5


@cache
def control() -> Any:
    """A group of its own on the CPU: messages do not wait for a GPU, nor meet the gradients on their way."""
    return dist.new_group(backend="gloo")


def gathered(value: Value) -> list[Value]:
    """The values of all processes, by rank."""
    world = Process.current().world
    if world == 1:
        return [value]
    found: list[Any] = [None] * world
    dist.all_gather_object(found, value, group=control())
    return found


def first_says(value: Value) -> Value:
    """The value of the first process."""
    if Process.current().world == 1:
        return value
    found = [value]
    dist.broadcast_object_list(found, src=0, group=control())
    return found[0]


def any_says(flag: bool) -> bool:
    """Whether the flag is up in any process."""
    if Process.current().world == 1:
        return flag
    found = torch.tensor(int(flag))
    dist.all_reduce(found, dist.ReduceOp.MAX, group=control())
    return bool(found)


def same(number: int) -> bool:
    """Whether a number, at least 0 and of 32 bits, is the same in all processes."""
    if Process.current().world == 1:
        return True
    found = torch.tensor([number, -number])
    dist.all_reduce(found, dist.ReduceOp.MAX, group=control())
    most, least = found.tolist()
    return bool(most == -least)


def agreed(step: Callable[[], Value]) -> Value:
    """What `step` returns, where it goes well in every process.

    Where it does not, all raise: what went wrong in a process itself, and else the first of the errors.
    """
    error: UserError | SpecError | None = None
    value: Any = None
    try:
        value = step()
    except (UserError, SpecError) as raised:
        error = raised
    told = [message for message in gathered(_told(error)) if message is not None]
    if error is not None:
        raise error
    if told:
        raise UserError(*told[0])
    return value  # type: ignore[no-any-return]


def first_does(step: Callable[[], object]) -> None:
    """Has the first process do something. What it raises, all raise; after it, all see what it wrote."""
    agreed(lambda: step() if Process.current().first else None)


def _told(error: UserError | SpecError | None) -> tuple[str, str | None] | None:
    return None if error is None else (named(str(error).strip()), getattr(error, "help", None))


def named(message: str) -> str:
    """A message with the process that it comes from."""
    process = Process.current()
    return message if process.first else f"process {process.rank} on {socket.gethostname()}: {message}"


def all_come() -> bool:
    """Whether the others come here too, and do not wait elsewhere or are gone, within a few seconds."""
    try:
        dist.monitored_barrier(control(), timedelta(seconds=SECONDS_TO_COME))
    except RuntimeError:
        return False
    return True
