"""Types and shapes."""

from __future__ import annotations

from getdsl.diagnostics.code import Code

GET301 = Code(
    "GET301",
    "an input has the wrong shape",
    "A block's face says what shapes it takes. Upper-case names in it are symbols that the call "
    "binds: the same symbol is the same size throughout. "
    "The labels show what the block expects and where the tensor came from.",
    "proj = x -> Linear(768)\nencoder = proj -> GETTransformer(256)",
    "proj = x -> Linear(256)\nencoder = proj -> GETTransformer(256)",
)
GET303 = Code(
    "GET303",
    "an unbound symbol",
    "A dimension symbol is bound by the declared shape of an input.",
    "z = expand(token, N, 64)",
    "input x: [B, N, 64]\nz = expand(token, N, 64)",
)
GET304 = Code(
    "GET304",
    "not a tensor type",
    "A type is `[B, R, 64]`, `int[B, R]`, `bool[B, R]`, `mask[B, R]`, `onehot[B, L, 4]` or "
    "`lengths[B, R] of L`.",
)
GET305 = Code(
    "GET305",
    "not what it was declared to be",
    "A binding, output or derived input has another shape than its declared type.",
)
GET307 = Code(
    "GET307",
    "a dimension cannot be solved",
    "An input's dimension is linear in at most one symbol that is new, so that its size at run time "
    "settles it.",
    "input x: [B, R * C]",
    "input x: [B, R, C]",
)
GET310 = Code(
    "GET310",
    "weights of unknown size",
    "The shape of a weight is a number; it cannot depend on the size of a batch.",
    "p = Parameter([1, L])",
    "p = Parameter([1, 64])",
)
