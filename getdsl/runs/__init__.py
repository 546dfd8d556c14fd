"""From a checked spec to a trained model: Lightning underneath, whole-split metrics, runs that resume."""
