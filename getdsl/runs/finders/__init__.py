"""What to set before a training: a learning rate, a batch size."""
