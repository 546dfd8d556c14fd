"""How far a change reaches in `drop_path.get`, which leaves values as they are but in training."""

from getdsl.compiler.work.reach import alone

REACHES = {"DropPath": alone}
