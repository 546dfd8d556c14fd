"""How far a change reaches in `layer_norm.get`: every position is by itself."""

from getdsl.compiler.work.reach import apart

REACHES = {"LayerNorm": apart}
