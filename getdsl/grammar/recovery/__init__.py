"""All that serves text which does not parse; nothing of it is imported for text that does."""

from getdsl.grammar.recovery.builder import RepairedBuilder
from getdsl.grammar.recovery.mend import mend, refuse, unchanged

__all__ = ["RepairedBuilder", "mend", "refuse", "unchanged"]
