"""What a spec asks for: its directives as typed values, held against the names of the model."""
