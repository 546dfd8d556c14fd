"""Lightning's trainer for a session."""

from __future__ import annotations

import signal
import threading
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy, Strategy

from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import accelerator_of
from getdsl.runs.ranks.joined import plugins_of
from getdsl.runs.training.trainable import all_train_always


def trainer_of(session: Session, callbacks: list[Callback] | None = None, **settings: Any) -> Trainer:
    """Trains or measures where the session is placed, and writes and prints nothing of its own."""
    settings["precision"] = session.settings.precision
    settings["inference_mode"] = not session.spec.stages.read_inputs  # in which nothing has a gradient
    placement = session.options.placement
    return Trainer(
        accelerator=accelerator_of(session.options.device, session.settings.precision),
        devices=placement.devices,
        num_nodes=placement.nodes,
        strategy=_strategy(session),
        plugins=plugins_of(placement),
        callbacks=[*(callbacks or []), _OwnSignals()],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,  # loaders share each batch out themselves
        **settings,
    )


def _strategy(session: Session) -> Strategy | str:
    placement = session.options.placement
    if placement.world == 1:
        return "auto"
    if placement.shards:
        return ModelParallelStrategy(placement.world, 1, save_distributed_checkpoint=False)
    return DDPStrategy(find_unused_parameters=not all_train_always(session.compiled))


class _OwnSignals(Callback):
    """Leaves SIGTERM as it was: Lightning's handler speaks to processes that are busy with something else."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self.handler = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.handler)

    on_validation_start = on_test_start = on_predict_start = on_train_start
