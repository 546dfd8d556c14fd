"""A release, up to what a person decides: `make release VERSION=1.2.0`."""
