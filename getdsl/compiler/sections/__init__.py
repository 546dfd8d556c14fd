"""The sections of a spec: which settings each has, and how they are read and checked."""
