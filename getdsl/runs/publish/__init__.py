"""A run as a folder for a hub; what it holds is in docs/publish.md."""
