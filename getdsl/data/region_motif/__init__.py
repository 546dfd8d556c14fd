"""GET's published layout of region data: read as it is, and written."""
