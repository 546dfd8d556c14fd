"""The figures of a checkpoint again, from the checkpoint alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.lower.adapter_file import use_adapter
from getdsl.runs.quiet import quiet_lightning
from getdsl.runs.report import Report
from getdsl.runs.restore import restored
from getdsl.runs.run import Options, Run, using_threads

DEFAULTS = Options()


def evaluate(
    path: Path, split: str | None, options: Options = DEFAULTS, overrides: Overrides | None = None
) -> tuple[Report, dict[str, Any]]:
    """The figures of a checkpoint (or of a run's folder) on one split, from what it holds; and its record."""
    with restored(path, overrides) as found:
        record = found.checkpoint.record
        with using_threads(options.threads or record["threads"]), quiet_lightning():
            run = Run(found.spec, options)
            found.fill(run.compiled)
            if options.adapter is not None:
                use_adapter(run.compiled, options.adapter)
            epoch = (found.checkpoint.training.get("position") or {}).get("epoch")
            report = run.measure(split or run.default_split(), record.get("best") or {"epoch": epoch})
    return report, record | {"data_now": run.source.fingerprint()}
