"""Metrics that compare scores of classes with labels: all of them are kept, and compared at the end."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.measures.value_pairs import counting
from getdsl.compiler.stages.scales import LOGITS


class Classes:
    """Scores [N, C] with labels of 0 and 1 [N, C], -1 where none counts; or with numbers of classes [N].

    Scores that all lie from 0 to 1 are probabilities, unless the loss says that they are logits.
    """

    def __init__(self, name: str, loss: str) -> None:
        self.name, self.loss = name, loss
        self.exclusive = False  # each sample has one class
        self._scores: list[Tensor] = []
        self._labels: list[Tensor] = []

    def add(self, prediction: Tensor, target: Tensor, mask: Tensor | None) -> None:
        """Raises InputError where targets are no labels."""
        prediction, target = (side.detach().cpu() for side in (prediction, target))
        mask = mask.detach().cpu() if mask is not None else None
        if target.dim() == prediction.dim() - 1 and prediction.shape[-1] > 1:
            return self._add_numbers(prediction, target, mask)
        target = target.reshape(prediction.shape) if target.dim() < prediction.dim() else target
        counts = counting(mask, target)
        self._refuse(target, counts & (target != 0) & (target != 1), "0 or 1")
        width = prediction.shape[-1] if prediction.dim() > 1 else 1
        self._scores.append(prediction.float().reshape(-1, width))
        self._labels.append(target.long().where(counts, -1).reshape(-1, width))

    def _add_numbers(self, prediction: Tensor, target: Tensor, mask: Tensor | None) -> None:
        self.exclusive, classes = True, prediction.shape[-1]
        counts = counting(mask, target)
        known = (target >= 0) & (target < classes) & (target == target.long())
        self._refuse(target, counts & ~known, f"classes from 0 to {classes - 1}")
        self._scores.append(prediction.float()[counts])
        self._labels.append(target.long()[counts])

    def _refuse(self, target: Tensor, strange: Tensor, wanted: str) -> None:
        if bool(strange.any()):
            raise InputError(
                f"the metrics of `{self.name}` compare scores with labels, {wanted}, and a target is "
                f"{float(target[strange][0]):g}; leave it out by `where`, or make labels of values, such as "
                "`batch.y > 0.5`"
            )

    def figures(self, names: Iterable[str]) -> dict[str, float]:
        """NaN where no class has samples with and without it."""
        if not self._scores or not sum(map(len, self._scores)):
            return dict.fromkeys(names, float("nan"))
        scores, labels = self._probabilities(torch.cat(self._scores)), torch.cat(self._labels)
        called = scores > 0.5
        if self.exclusive:
            called = torch.nn.functional.one_hot(scores.argmax(1), scores.shape[1]).bool()
            labels = torch.nn.functional.one_hot(labels, scores.shape[1])
        return {name: _figure(name, scores, called, labels, exclusive=self.exclusive) for name in names}

    def _probabilities(self, scores: Tensor) -> Tensor:
        if self.loss not in LOGITS and bool(((scores >= 0) & (scores <= 1)).all()):
            return scores
        return scores.softmax(1) if self.exclusive else scores.sigmoid()


def _figure(name: str, scores: Tensor, called: Tensor, labels: Tensor, *, exclusive: bool) -> float:
    """One metric of scores, calls and labels [N, C], over all classes."""
    from torchmetrics.functional import classification

    counts = labels >= 0
    if name == "accuracy":
        right = (called == labels.bool()) & counts
        if exclusive:
            return float(right.all(1).double().mean())
        return float(right.sum() / counts.sum()) if bool(counts.any()) else float("nan")
    found = []
    for number in range(scores.shape[1]):
        here = counts[:, number]
        score, call, label = (side[here, number] for side in (scores, called, labels))
        if not 0 < int(label.sum()) < len(label):
            continue  # a class that none has, or all have, has no curve
        if name == "f1":
            found.append(classification.binary_f1_score(call.float(), label))
        elif name == "auroc":
            found.append(classification.binary_auroc(score, label))
        else:
            found.append(classification.binary_average_precision(score, label))
    return float(torch.stack(found).double().mean()) if found else float("nan")
