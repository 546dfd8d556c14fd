"""Alternates of samples, as of mutated DNA, from the samples' own values and what an edit touches."""

from getdsl.compiler.lower.rerun.edits import Edits
from getdsl.compiler.lower.rerun.reference import Reference
from getdsl.compiler.lower.rerun.rerun import Rerun, alternates

__all__ = ["Edits", "Reference", "Rerun", "alternates"]
