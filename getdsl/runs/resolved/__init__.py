"""A spec as a run ran it, in a file that checks by itself."""
