"""Readers: each yields one key of a batch."""
