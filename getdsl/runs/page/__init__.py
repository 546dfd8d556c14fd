"""A run as one HTML page that opens offline, made of what stands in its folder."""
