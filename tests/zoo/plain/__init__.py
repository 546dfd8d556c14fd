"""Published models in plain PyTorch, from their papers and files: what specs/zoo is held against.

Each is a function of a `Drawn`, DNA [B, 4, L] and its sizes.
"""
