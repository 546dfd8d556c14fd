"""What of its inputs a model's outputs come from: contributions, Jacobians, mutagenesis, attention."""
