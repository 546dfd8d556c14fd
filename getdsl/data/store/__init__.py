"""The store: what readers read for all regions, written once and mapped into memory afterwards."""
