"""Lightning's trainer for a session."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Trainer

from getdsl.runs.machine import accelerator_of
from getdsl.runs.session import Session


def trainer_of(session: Session, **settings: Any) -> Trainer:
    """Trains or measures on the session's device, and writes and prints nothing of its own."""
    settings["precision"] = session.settings.precision
    return Trainer(
        accelerator=accelerator_of(session.options.device, session.settings.precision),
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,  # loaders share each batch out themselves
        **settings,
    )
