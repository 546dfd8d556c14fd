"""A spec trained at each point of a grid of settings, one run after another or on a Dask cluster."""
