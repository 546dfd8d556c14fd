"""Sequences towards a goal of a model's outputs; what the ways are is in docs/design.md."""
