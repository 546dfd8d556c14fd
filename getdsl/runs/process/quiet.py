"""Lightning without its advertisements, hints and notes."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silences what Lightning says of itself; warnings of others stay."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            warnings.filterwarnings(
                "ignore", message=r".*`lr_scheduler.step\(\)` before `optimizer.step\(\)`"
            )
            warnings.filterwarnings("ignore", message=r".*LeafSpec.*|.*treespec.*")
            warnings.filterwarnings(
                "ignore", message=r"FSDP2-wrapped module .* returned a view"
            )  # none changes
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
