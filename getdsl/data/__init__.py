"""Data sources, the zarr layouts that they read, and the embedded yeast set."""
