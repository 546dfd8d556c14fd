"""The pictures of a run, a file each; matplotlib is imported where one is drawn."""
