"""What an editor may ask of a spec: a file a question, from an analysis and a place to a plain answer."""
