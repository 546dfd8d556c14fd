"""Syntax to graph: names are looked up, blocks opened, shapes proved."""
