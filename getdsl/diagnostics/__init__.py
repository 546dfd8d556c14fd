"""Diagnostics as data, their codes, and how they are shown."""

from getdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, Label
from getdsl.diagnostics.errors import SpecError, UserError
from getdsl.diagnostics.suggest import nearest, suggestion, suggestion_or_list

__all__ = [
    "Diagnostic",
    "Diagnostics",
    "Label",
    "SpecError",
    "UserError",
    "nearest",
    "suggestion",
    "suggestion_or_list",
]
