"""Design by gradients, in the manner of Ledidi (Schreiber et al. 2025): few edits, chosen all at once.

Bases are drawn by straight-through Gumbel softmax from logits that begin at the start; what is minimised is
the goal's loss and a price of each edit.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from getdsl.runs.design.constraints import Constraints
from getdsl.runs.design.evolve import edits_between
from getdsl.runs.design.scorer import Scorer
from getdsl.runs.design.steps import Design, Step

DRAWS = 16  # sequences that are drawn at a time
RATE = 0.5  # of Adam
PULL = 4.0  # the start's logit above those of other bases
FORBIDDEN = -1e4


def follow_gradient(
    design: Design, scorer: Scorer, constraints: Constraints, rounds: int, price: float, seed: int
) -> None:
    """Adds a step where a drawn sequence that may be is better than all before it."""
    start = design.start.codes
    random = torch.Generator().manual_seed(seed)
    onehot = functional.one_hot(torch.from_numpy(start.astype(np.int64)), 4).float()  # [L, 4]
    allowed = torch.from_numpy(constraints.allowed) | onehot.bool()
    logits = (PULL * onehot).requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=RATE)
    for _ in range(rounds):
        drawn = _draw(logits.masked_fill(~allowed, FORBIDDEN), random)
        values = scorer.of(drawn)
        edits = (drawn * (1 - onehot)).sum((1, 2))
        loss = (price * edits - scorer.goal.gain(values).to(edits.device)).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        _keep_best(design, scorer, constraints, drawn.detach())


def _draw(logits: Tensor, random: torch.Generator) -> Tensor:
    """Sequences [DRAWS, L, 4], one-hot, whose gradient is that of the softmax that they were drawn by."""
    uniform = torch.rand((DRAWS, *logits.shape), generator=random).clamp(1e-9, 1 - 1e-7)
    soft = (logits - (-uniform.log()).log()).softmax(-1)
    hard = functional.one_hot(soft.argmax(-1), 4).float()
    return hard - soft.detach() + soft


def _keep_best(design: Design, scorer: Scorer, constraints: Constraints, drawn: Tensor) -> None:
    """Adds the best of what was drawn, where it may be and is better than the last step."""
    codes = drawn.argmax(-1).numpy().astype(np.uint8)
    kept = np.flatnonzero(constraints.keeps(codes, design.start.codes))
    if not len(kept):
        return
    values = scorer.values(codes[kept])
    gains = scorer.gains(values)
    best = int(gains.argmax())
    if gains[best] > design.steps[-1].gain:
        told = edits_between(design.codes, codes[kept[best]])
        design.steps.append(Step(told, codes[kept[best]], values[best], float(gains[best])))
