"""What a run leaves: its folder, its checkpoints, and the records in them."""
