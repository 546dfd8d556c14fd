"""What may be written at a place, also in text that does not parse, as text mostly is while it is written."""

from getdsl.lsp.completion.candidates import Candidate
from getdsl.lsp.completion.offered import completions

__all__ = ["Candidate", "completions"]
