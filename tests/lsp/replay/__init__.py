"""Random edits replayed through the language server, which must stay equal to one that knows nothing yet."""
