"""Colours of text that need no syntax tree: a table of rules, and the Pygments lexer that is made of it."""
