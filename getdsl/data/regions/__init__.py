"""Sources of regions."""
