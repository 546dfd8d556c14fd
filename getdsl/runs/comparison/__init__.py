"""Runs beside each other: a row each, with what was set otherwise in them. Without torch."""
