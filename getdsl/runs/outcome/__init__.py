"""What a run leaves in its folder beside its weights: its spec, environment, log, figures and pictures."""
