"""What differs between two checked specs, and whether the weights of one load in the other; no torch."""
