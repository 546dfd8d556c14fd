"""Motif scanning on the CPU: scores of one-hot DNA as sums of tabulated words. The ops beside it use it."""

from getdsl.kernels.kmer_tables.blocks import NotOneHotError
from getdsl.kernels.kmer_tables.drive import Scan, input_gradient, kernel_gradients, pool

__all__ = ["NotOneHotError", "Scan", "input_gradient", "kernel_gradients", "pool"]
