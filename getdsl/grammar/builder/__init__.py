"""From Lark's parse tree to the syntax tree."""

from getdsl.grammar.builder.files import TreeBuilder

__all__ = ["TreeBuilder"]
