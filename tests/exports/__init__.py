"""Formats of `getdsl compile` that run without getdsl: `python -m tests.exports` tries every shipped spec."""
