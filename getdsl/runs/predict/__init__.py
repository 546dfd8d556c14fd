"""A model's outputs for samples: which ones, how they are streamed and resumed, as what they are kept."""
