"""What a step of `drop_path.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def drop_path(step: Step) -> Work:
    p = step.param("p", 0.0)
    return Work(kept=(Kept(product(step.output.shape[0])),)) if p else Work(view="x")


RULES = {"DropPath": Rule(drop_path)}
