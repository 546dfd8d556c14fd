"""What losses take as their predictions: the one place at which the compiler asks the library's blocks."""

from getdsl.blocks.compared_scales import CLASS_NUMBERS, LOG_SHARES, LOGITS, POSITIONS_FIRST, PROBABILITIES

__all__ = ["CLASS_NUMBERS", "LOGITS", "LOG_SHARES", "POSITIONS_FIRST", "PROBABILITIES"]
