"""What a step of `avg_pool2d.get` costs."""

from getdsl.blocks.cost_formulas import windows_of_map
from getdsl.compiler.work import Rule

RULES = {"AvgPool2d": Rule(windows_of_map)}
