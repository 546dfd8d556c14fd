"""What happens while a model is fitted: rounds, kept checkpoints, times, trackers, what is shown."""
