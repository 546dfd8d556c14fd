"""The words of the language: the one list that recovery reads, held equal to `get.lark` and to the sections.

A word is reserved only where a statement may start, so each list says where its words stand.
"""

DEFINITIONS = ("model", "block", "source")  # `block Name { … }`
DECLARATIONS = ("param", "input", "output", "weight", "frozen", "buffer")  # `param name: type`
FILE_WORDS = ("use", *DEFINITIONS)
BODY_WORDS = (
    "param",
    "input",
    "output",
    "for",
    "if",
    "extern",
    "remove",
    "weight",
    "frozen",
    "buffer",
    "require",
)
BODIES = (*DEFINITIONS, "for", "if")  # what stands in their braces is a body
SECTION_WORDS = (
    "load",
    "lora",
    "freeze",
    "train_only",
    "data",
    "loss",
    "metrics",
    "optimizer",
    "schedule",
    "train",
)
CONTINUATIONS = (
    "where",
    "weight",
    "of",
    "step",
    "then",
    "else",
    "and",
    "or",
    "extends",
    "permute",
    "note",
    "from",
    "on",
    "minimises",
    "every",
)  # start no statement
