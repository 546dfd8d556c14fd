"""A spec with its plan: made once, shown or approved, and carried out as it is."""

from __future__ import annotations

from dataclasses import dataclass

from getdsl.compiler.plan.make import make_plan
from getdsl.compiler.plan.plan import Plan
from getdsl.compiler.spec import Spec
from getdsl.formats.checkpoint_header import Header, LoadRequest
from getdsl.trust import NOBODY, Trust
from getdsl.weights.adapter_config_file import with_adapter_config
from getdsl.weights.header import read_header


@dataclass(frozen=True)
class Planned:
    """What runs takes one and makes none."""

    spec: Spec
    plan: Plan


def plan_spec(spec: Spec, *, offline: bool = False, progress: bool = False, trust: Trust = NOBODY) -> Planned:
    """A checked spec with its plan; of the files that it names, headers are read.

    `offline` takes URLs from the cache only, `progress` shows downloads on a terminal. What is wrong is among
    the plan's diagnostics.
    """

    def read(request: LoadRequest) -> Header:
        return with_adapter_config(read_header(request, offline=offline, progress=progress, trust=trust))

    return Planned(spec, make_plan(spec, read))
