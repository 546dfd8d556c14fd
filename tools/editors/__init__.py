"""What editors read, made of the language's own tables."""
