"""Checkpoint files: found, fetched, proved, and read without running code from them."""
