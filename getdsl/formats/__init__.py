"""Readers of file formats that need neither torch nor the rest of the package."""
