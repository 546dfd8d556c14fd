"""A model as files that run where getdsl is not installed; what they are is in docs/export.md."""
