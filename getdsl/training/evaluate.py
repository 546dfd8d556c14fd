"""The figures of a checkpoint again, from the checkpoint alone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.overrides import Overrides
from getdsl.diagnostics import UserError
from getdsl.training.checkpoint import BEST, Checkpoint, read_checkpoint
from getdsl.training.provenance import restore_spec
from getdsl.training.quiet import quiet_lightning
from getdsl.training.report import Report
from getdsl.training.run import Options, Run, using_threads

DEFAULTS = Options()


def evaluate(
    path: Path, split: str | None, options: Options = DEFAULTS, overrides: Overrides | None = None
) -> tuple[Report, dict[str, Any]]:
    """The figures of a checkpoint (or of a run's folder) on one split, from what it holds; and its record."""
    checkpoint = read_checkpoint(path / BEST if path.is_dir() else path)
    record = checkpoint.record
    threads = options.threads or record["threads"]
    with TemporaryDirectory() as spare, using_threads(threads), quiet_lightning():
        spec = restore_spec(record["spec"], overrides or Overrides(), Path(spare))
        run = Run(spec, options)
        _load(run.compiled, checkpoint, path)
        epoch = (checkpoint.training.get("position") or {}).get("epoch")
        report = run.measure(split or run.default_split(), record.get("best") or {"epoch": epoch})
    return report, record | {"data_now": run.source.fingerprint()}


def _load(compiled: Compiled, checkpoint: Checkpoint, path: Path) -> None:
    try:
        compiled.module.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        raise UserError(
            f"the weights in `{path}` do not fit the model that its spec makes: {error}",
            "a param was set, or this getdsl builds the model in another way",
        ) from error
