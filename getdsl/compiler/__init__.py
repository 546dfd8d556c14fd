"""Syntax tree to checked graph; `compiler.lower` alone goes on to torch."""
