"""A plan as a page of text."""
