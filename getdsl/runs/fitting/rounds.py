"""How a stage of a training falls into rounds, each of which ends with a row of the history."""

from __future__ import annotations

from dataclasses import dataclass

from getdsl.compiler.sections.length import Length
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.sections.train_stages import Stage


@dataclass(frozen=True)
class Rounds:
    """The rounds of a stage, in batches; a step of the optimizer takes `accumulate` of them.

    A round's last step takes what is left of it, so that no gradient waits while the model is measured.
    """

    epoch: int  # batches of an epoch
    accumulate: int
    length: int  # batches of a round
    total: int  # batches of the stage

    @staticmethod
    def of(stage: Stage, settings: TrainSettings, epoch: int) -> Rounds:
        """Of a stage in a run with so many batches an epoch."""
        accumulate, every = settings.accumulate, settings.validate_every or Length(epochs=1)
        length = every.epochs * epoch if every.epochs is not None else (every.steps or 1) * accumulate
        if stage.steps is None:
            return Rounds(epoch, accumulate, length, (stage.epochs or 1) * epoch)
        whole, left = divmod(stage.steps, -(-length // accumulate))
        return Rounds(epoch, accumulate, length, whole * length + left * accumulate)

    @property
    def steps(self) -> int:
        """The optimizer's steps in the stage."""
        whole, left = divmod(self.total, self.length)
        return whole * self.steps_per_round - (-left // self.accumulate)

    @property
    def steps_per_round(self) -> int:
        return -(-self.length // self.accumulate)

    @property
    def steps_per_epoch(self) -> float:
        return self.steps_per_round * self.epoch / self.length

    def end(self, done: int) -> int:
        """Where the round ends that goes on after so many batches."""
        return min(self.total, (done // self.length + 1) * self.length)

    def steps_in(self, done: int) -> int:
        """The steps that so many batches have made."""
        whole, left = divmod(min(done, self.total), self.length)
        made = whole * self.steps_per_round
        return made + (-(-left // self.accumulate) if done == self.total else left // self.accumulate)

    def at_step(self, done: int) -> bool:
        """Whether no gradient waits for its step after so many batches."""
        return done == self.total or done % self.length % self.accumulate == 0
