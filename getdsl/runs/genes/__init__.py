"""A model's predictions of genes: of the regions in which they start."""
