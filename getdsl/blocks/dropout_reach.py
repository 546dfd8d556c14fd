"""How far a change reaches in `dropout.get`, which leaves values as they are but in training."""

from getdsl.compiler.work.reach import alone

REACHES = {"Dropout": alone}
