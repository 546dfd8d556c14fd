"""Text and places in it, and files that are whole or absent."""
