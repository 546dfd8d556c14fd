"""The block library: a block is its face, `name.get`, and its body in Python, `name.py`, where it has one.

Bodies import only torch, kernels and formats; a body's `state_dict` is exactly what its face declares.
"""
