"""Pickles of torch's, read as data: no name in one is ever imported or called."""
