"""Batches of a run as they are read, by whatever process."""
