"""What a step of training costs, from the checked graph alone."""

from getdsl.compiler.cost.cost import Cost, Line
from getdsl.compiler.cost.sizes import known_sizes
from getdsl.compiler.cost.tally import step_cost

__all__ = ["Cost", "Line", "known_sizes", "step_cost"]
