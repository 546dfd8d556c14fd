"""How far a change reaches in `rms_norm.get`: every position is by itself."""

from getdsl.compiler.work.reach import apart

REACHES = {"RMSNorm": apart}
