"""A first spec for the files that somebody has."""
