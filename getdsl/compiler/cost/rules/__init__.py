"""What each operation and each block with a body in Python costs; importing this fills the table."""

from getdsl.compiler.cost.rules import attention, layers, losses, motifs, operations

__all__ = ["attention", "layers", "losses", "motifs", "operations"]
