"""What stands in a run's folder from its first moment: the spec as it is run, the plan, the environment."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from getdsl.compiler.plan.page.tensor_table import plan_table
from getdsl.runs.evaluation.report import write_text
from getdsl.runs.opened.origins import FromPlan
from getdsl.runs.opened.session import Session
from getdsl.runs.outcome.environment import write_environment
from getdsl.runs.outcome.files import PLAN, RECORD, USED
from getdsl.runs.run_folder.records import RunRecord


def write_beginning(folder: Path, texts: Mapping[str, str], session: Session, record: RunRecord) -> None:
    """`texts` are those of `resolved_spec`. A resumed run's plan is that of its beginning."""
    if (folder / USED).exists():
        shutil.rmtree(folder / USED)
    for name, text in texts.items():
        write_text(folder / name, text)
    if isinstance(session.origin, FromPlan):
        write_text(folder / PLAN, plan_table(session.origin.planned.plan) + "\n")
    write_text(folder / RECORD, json.dumps(_brief(record), indent=2) + "\n")
    write_environment(folder, session)


def _brief(record: RunRecord) -> dict[str, object]:
    """The record without the texts that stand in the folder, and in its checkpoints."""
    spec = {name: value for name, value in record["spec"].items() if name not in ("files", "small_files")}
    return {**record, "spec": spec}
