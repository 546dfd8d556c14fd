"""Loss and metrics as graphs of their own, over the model's outputs and the raw batch."""
