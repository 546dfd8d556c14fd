"""`freeze`: the weights that stay as they are."""

from typing import Annotated

from getdsl.compiler.sections.declare import Bound

KIND = Annotated[tuple[str, ...], Bound(format="weights")]
