"""A training from its spec to its report, Lightning underneath."""
