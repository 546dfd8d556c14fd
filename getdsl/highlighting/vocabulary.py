"""The words that are coloured, from the language's own tables."""

from __future__ import annotations

from getdsl.compiler.constants.evaluate import WORDS
from getdsl.compiler.constants.functions import FUNCTIONS
from getdsl.compiler.elaborate.param_kinds import CALLEES, KINDS
from getdsl.compiler.elaborate.special_calls import SPECIAL
from getdsl.compiler.elaborate.written_types import DTYPES
from getdsl.compiler.operations import OPERATIONS
from getdsl.grammar import words

DEFINITIONS = words.DEFINITIONS
SECTIONS = words.SECTION_WORDS
OWNED = ("weight", "frozen", "buffer")  # `weight scale: [D]`; `weight` also ends a term of the loss
FILES = ("use", "from", "extern")  # a string stands behind them
CALLS = ("call", "apply")  # of a module of PyTorch
PARTS = ("on", "minimises", "every")  # behind an optimizer of a part
ENDS = ("where", "weight", "of", "step", "note")  # behind an expression, in braces
CHOICES = ("if", "then", "else")
LOGIC = ("and", "or", "not")
KEYWORDS = {
    *(*DEFINITIONS, *OWNED, *FILES, *CALLS, *PARTS, *ENDS, *CHOICES, *LOGIC),
    *("extends", "param", "input", "output", "for", "in", "remove", "require", "take", "permute"),
}
CONSTANTS = tuple(WORDS)
TYPES = tuple(dict.fromkeys((*KINDS, *CALLEES, *DTYPES)))
BUILTINS = tuple(sorted({*OPERATIONS, *FUNCTIONS, *SPECIAL}))
