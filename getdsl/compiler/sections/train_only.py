"""`train_only`: the only weights that are trained."""

from typing import Annotated

from getdsl.compiler.sections.declare import Bound

KIND = Annotated[tuple[str, ...], Bound(format="weights")]
