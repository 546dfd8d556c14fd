"""Which names of a program mean the same: for definitions, references, renaming, highlights and hover."""

from getdsl.lsp.names.entity import Entity, Occurrence
from getdsl.lsp.names.index import Index

__all__ = ["Entity", "Index", "Occurrence"]
