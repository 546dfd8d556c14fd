"""The figures of a run in the trackers of others; the run goes on where one of them fails."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from getdsl.compiler.sections.loggers import Logger, MLflow, TensorBoard, WandB
from getdsl.diagnostics import UserError
from getdsl.runs.fitting.position import Position

LIBRARIES = {TensorBoard: "tensorboard", WandB: "wandb", MLflow: "mlflow"}  # and their extras


def refuse_absent(loggers: Iterable[Logger]) -> None:
    """Raises UserError where the library of a tracker is not installed."""
    for logger in loggers:
        library = LIBRARIES[type(logger)]
        if importlib.util.find_spec(library) is None:
            raise UserError(
                f"`{logger.word}` needs {library}, which is not installed",
                f"run `pip install 'getdsl[{library}]'`, or take it out of `loggers`",
            )


class Trackers(Callback):
    """Hands each row of the history on. Comes after Bookkeeping, whose position it reads."""

    def __init__(self, trackers: dict[str, Any], position: Position, tell: Callable[[str], None]) -> None:
        self.trackers, self.position, self.tell = trackers, position, tell

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        row = self.position.history[-1]
        for name, tracker in list(self.trackers.items()):
            self._try(name, partial(tracker.log_metrics, dict(row), step=int(row["step"])))

    def close(self, status: str) -> None:
        for name, tracker in list(self.trackers.items()):
            self._try(name, partial(tracker.finalize, status))

    def _try(self, name: str, act: Callable[[], None]) -> None:
        """A tracker that fails is told of once, and left."""
        try:
            act()
        except Exception as error:
            del self.trackers[name]
            why = str(error).partition("\n")[0] or type(error).__name__
            self.tell(f"warning: `{name}` failed, and gets no more figures: {why}")


@contextmanager
def tracked(
    loggers: Iterable[Logger], folder: Path, position: Position, tell: Callable[[str], None]
) -> Iterator[Trackers]:
    """The trackers of a run, open until the block ends. Raises UserError where one cannot be opened."""
    trackers = Trackers({logger.word: _opened(logger, folder) for logger in loggers}, position, tell)
    status = "failed"
    try:
        yield trackers
        status = "success"
    finally:
        trackers.close(status)


def _opened(logger: Logger, folder: Path) -> Any:
    try:
        return _made(logger, folder.absolute())
    except Exception as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"`{logger.word}` cannot be opened: {why}", "take it out of `loggers`") from error


def _made(logger: Logger, folder: Path) -> Any:
    """Lightning's logger; a run that goes on is the same run there."""
    from lightning.pytorch import loggers

    match logger:
        case WandB(project=project, run=run, offline=offline):
            same = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
            return loggers.WandbLogger(
                name=run or folder.name,
                project=project,
                save_dir=folder,
                offline=offline,
                id=same,
                resume="allow",
            )
        case MLflow(experiment=experiment, run=run, uri=uri):
            uri = uri or os.environ.get("MLFLOW_TRACKING_URI") or f"file:{folder / 'mlruns'}"
            return loggers.MLFlowLogger(experiment, run or folder.name, uri)
    return loggers.TensorBoardLogger(save_dir=folder, name="", version="tensorboard")
