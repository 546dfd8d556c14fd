"""What losses of the library take as their predictions, for those who measure and show them."""

from __future__ import annotations

CLASS_NUMBERS = frozenset({"CrossEntropy"})  # with numbers of classes as targets
LOGITS = frozenset({"BCEWithLogits", "CrossEntropy"})
PROBABILITIES = LOGITS | {"BCE"}  # or the logits of these
LOG_SHARES = frozenset({"MNLL"})  # logarithms of a profile's shares, along the last axis
POSITIONS_FIRST = frozenset({"PoissonMultinomial"})  # positions stand before tracks
