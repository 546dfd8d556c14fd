"""Tables of how well a model predicts: by track, cell type and chromosome, beside a predictor of the mean."""
