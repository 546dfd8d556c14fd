"""Configs composed as Hydra does: `compose` gives one tree of files, defaults lists and a command line."""

from getdsl.importing.compose.composing import Composed, compose
from getdsl.importing.compose.overrides import is_override, read_override

__all__ = ["Composed", "compose", "is_override", "read_override"]
