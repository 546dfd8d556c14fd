"""The checked graph, and what its parts are made of: dimensions, types, nodes, modules."""
