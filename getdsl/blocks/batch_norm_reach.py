"""How far a change reaches in `batch_norm.get`: every position is by itself."""

from getdsl.compiler.work.reach import apart

REACHES = {"BatchNorm": apart}
