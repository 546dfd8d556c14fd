"""How many processes there are: what is asked for, beside what a launcher started."""

from __future__ import annotations

import pytest

from getdsl.diagnostics import UserError
from getdsl.runs.ranks.placement import Devices, Placement, placement_of, speaks

TORCHRUN = {"TORCHELASTIC_RUN_ID": "none", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "6", "RANK": "3"}
SRUN = {"SLURM_NTASKS": "8", "SLURM_NTASKS_PER_NODE": "4", "SLURM_STEP_ID": "0", "SLURM_PROCID": "5"}


@pytest.mark.parametrize(
    ("devices", "nodes", "gpus", "environment", "wanted"),
    [
        (None, None, 0, {}, Placement(1, 1)),
        (None, None, 8, {}, Placement(1, 1)),
        (3, 2, 0, {}, Placement(3, 2)),
        ("auto", None, 0, {}, Placement(1, 1)),
        ("auto", 2, 4, {}, Placement(4, 2)),
        (None, None, 0, TORCHRUN, Placement(2, 3, launcher="torchrun")),
        ("auto", 3, 2, TORCHRUN, Placement(2, 3, launcher="torchrun")),
        (4, 2, 0, SRUN, Placement(4, 2, launcher="SLURM")),
        (2, None, 0, {**SRUN, **TORCHRUN}, Placement(2, 3, launcher="torchrun")),
        (None, None, 0, {"SLURM_NTASKS": "1"}, Placement(1, 1)),
        (None, None, 0, {"SLURM_NTASKS": "8", "SLURM_JOB_NAME": "interactive"}, Placement(1, 1)),
    ],
)
def test_where_a_run_computes(
    devices: Devices, nodes: int | None, gpus: int, environment: dict[str, str], wanted: Placement
) -> None:
    assert placement_of(devices, nodes, "auto", gpus, environment) == wanted


@pytest.mark.parametrize(
    ("devices", "nodes", "gpus", "environment", "message"),
    [
        (4, None, 2, {}, "4 GPUs of this machine are asked for, and torch sees 2"),
        (4, None, 0, TORCHRUN, "`devices` is 4, and torchrun started 2 processes on each machine"),
        ("auto", None, 4, TORCHRUN, "`devices` is 4, and torchrun started 2"),
        (None, 2, 0, TORCHRUN, "`num_nodes` is 2, and torchrun started 3 machines"),
        (2, None, 0, SRUN, "`devices` is 2, and SLURM started 4"),
        (None, None, 0, {"SLURM_NTASKS": "8"}, "gives this job 8 tasks, and the command was started once"),
        (None, None, 0, {"SLURM_NTASKS": "8", "SLURM_STEP_ID": "0"}, "does not say how many on each machine"),
    ],
)
def test_what_does_not_go_together(
    devices: Devices, nodes: int | None, gpus: int, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message) as refused:
        placement_of(devices, nodes, "auto", gpus, environment)
    assert refused.value.help


def test_who_prints_before_the_processes_meet() -> None:
    assert speaks({})
    assert speaks({"LOCAL_RANK": "0", "RANK": "0"})
    assert not speaks(TORCHRUN)
    assert not speaks(SRUN)
    assert not speaks({"LOCAL_RANK": "0", "NODE_RANK": "1"})
