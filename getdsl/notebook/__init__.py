"""Specs, diagnostics, plans, pictures and runs as notebooks show them, and the magic `%%get`."""
