"""Colours of text that need no syntax tree: a table of rules, the Pygments lexer made of it, and HTML."""
