"""Tensor operations with kernels of their own, registered with torch; one folder an op."""
