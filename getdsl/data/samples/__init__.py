"""Sources of samples: which regions go together."""
