"""Text to syntax tree."""

from getdsl.grammar.parser import parse, parse_expression
from getdsl.grammar.reading import read_source

__all__ = ["parse", "parse_expression", "read_source"]
