"""`%%get`: a cell that holds a spec."""

from __future__ import annotations

import argparse
import keyword
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.display import display

from getdsl.compiler.check import check, check_text
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import SpecError, UserError
from getdsl.diagnostics.text import counted
from getdsl.displayed import Displayed
from getdsl.notebook.diagnostics import told
from getdsl.notebook.framed import framed
from getdsl.notebook.specs import outline
from getdsl.text.whole import whole_file


def get(line: str, cell: str) -> None:
    """Checks the spec in the cell, shows what it is or what is wrong with it, and binds it to NAME."""
    args = _parser().parse_argstring(line)
    if args.name is not None and (not args.name.isidentifier() or keyword.iskeyword(args.name)):
        raise UserError(f"`{args.name}` is no name of Python", "write `%%get NAME`, such as `%%get model`")
    found = _checked(args, cell)
    display(Cell(found))
    if found.spec is None:
        raise CellError(found)
    if args.name is not None:
        get_ipython().user_ns[args.name] = found.spec
    _show_more(args, found.spec)


def _parser() -> Any:
    parser = MagicArgumentParser("%%get", description=get.__doc__)
    parser.add_argument("name", nargs="?", metavar="NAME", help="the name that the checked spec is bound to")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the cell to a file, for commands to read",
    )
    parser.add_argument("--graph", action="store_true", help="draw the model")
    parser.add_argument("--plan", action="store_true", help="show what becomes of each weight")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="set a param or setting"
    )
    parser.add_argument("--model", metavar="NAME", help="the model to take, of several (the last)")
    return parser


def _checked(args: argparse.Namespace, cell: str) -> Checked:
    if args.output is None:
        return check_text(cell, "cell", settings=args.set, model=args.model)
    try:
        with whole_file(args.output) as aside:
            aside.write_text(cell, encoding="utf-8")
    except (OSError, ValueError) as error:  # a name that holds a NUL
        why = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"`{args.output}` cannot be written: {why}", "name another file") from None
    return check(args.output, settings=args.set, model=args.model)


def _show_more(args: argparse.Namespace, spec: Spec) -> None:
    if args.graph:
        from getdsl.drawing.drawn import graph

        display(graph(spec))
    if args.plan:
        from getdsl.api.front import plan

        display(plan(spec))


class Cell(Displayed, by="magic:cell"):
    """What is seen below a cell: the text of its spec stands above already."""

    def __init__(self, found: Checked) -> None:
        self.found = found

    def __repr__(self) -> str:
        return repr(self.found)


def cell(shown: Cell) -> str:
    found = shown.found
    return framed([*told(found.diagnostics), *(outline(found.spec) if found.spec is not None else ())])


class CellError(SpecError):
    """A cell whose diagnostics are seen already; cells below it do not run."""

    def __init__(self, found: Checked) -> None:
        super().__init__(found.diagnostics)

    def _render_traceback_(self) -> list[str]:
        return [f"{counted(self.diagnostics)} in the cell's spec"]


get.__doc__ = _parser().format_help()  # what `%%get?` shows
