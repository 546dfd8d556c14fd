"""Diagnostics as data, their codes, and how they are shown."""

from getdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, Label
from getdsl.diagnostics.errors import SpecError, UserError
from getdsl.diagnostics.fixes import Edit, Fix, Help
from getdsl.diagnostics.suggest import nearest, suggestion, suggestion_or_list

__all__ = [
    "Diagnostic",
    "Diagnostics",
    "Edit",
    "Fix",
    "Help",
    "Label",
    "SpecError",
    "UserError",
    "nearest",
    "suggestion",
    "suggestion_or_list",
]
