"""How far a change reaches in `linear.get`: every position is by itself."""

from getdsl.compiler.work.reach import apart

REACHES = {"Linear": apart}
