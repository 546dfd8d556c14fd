"""What a step of `target_length_crop.get` costs."""

from getdsl.compiler.work import Rule, Step, Work


def crop(step: Step) -> Work:
    return Work(view="x", layout="sliced")


RULES = {"TargetLengthCrop": Rule(crop)}
