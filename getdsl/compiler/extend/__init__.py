"""`extends`: a child's statements over its parent's, in the order that their names depend on."""

from getdsl.compiler.extend.lineages import lineage, sound_lineage
from getdsl.compiler.extend.merging import apart, flatten

__all__ = ["apart", "flatten", "lineage", "sound_lineage"]
