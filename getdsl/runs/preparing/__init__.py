"""Data written to a store before they are trained on, by one process or many."""
