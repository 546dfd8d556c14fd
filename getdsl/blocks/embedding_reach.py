"""How far a change reaches in `embedding.get`: every number is by itself."""

from getdsl.compiler.work.reach import alone

REACHES = {"Embedding": alone}
