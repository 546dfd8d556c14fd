"""What is written like a call and is part of the language: neither operations nor blocks."""

GRADIENTS = GRADIENT, GRADIENT_BLOCK = "grad", "Gradient"  # the call, and the block of the library that it is
SPECIAL = ("given", "Parameter", "Buffer", "read", "size", *GRADIENTS)
