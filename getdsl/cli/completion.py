"""`getdsl completion SHELL`: a script by which a shell completes what is typed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from getdsl.cli.printing import hand_over

SHELLS = ("bash", "zsh", "fish")
FOLDERS = ("DIR", "FOLDER", "STORE")
KEYS = r"sed -n 's/^ *\([A-Za-z_][A-Za-z0-9_.]*\) = .*/\1=/p'"  # of what `getdsl show` prints
SPECS = {"bash": "_getdsl_specs", "zsh": "_files -g '*.get(-.)'", "fish": "(__fish_complete_suffix .get)"}
SETTINGS = {"bash": "_getdsl_settings", "zsh": "_getdsl_settings", "fish": "(_getdsl_settings)"}
PREAMBLE = {
    "bash": f"""
_getdsl_specs() {{
  compgen -f -X '!*.get' -- "$1"
  compgen -d -S / -- "$1"
}}
_getdsl_settings() {{
  local word
  for word in "${{COMP_WORDS[@]}}"; do
    [[ $word == *.get && -f $word ]] && compgen -W "$(getdsl show "$word" 2>/dev/null | {KEYS})" -- "$1"
  done
}}
""",
    "zsh": f"""
_getdsl_settings() {{
  local word
  for word in $words; do
    [[ $word == *.get && -f $word ]] && compadd -S '' -- ${{(f)"$(getdsl show $word 2>/dev/null | {KEYS})"}}
  done
}}
""",
    "fish": f"""
function _getdsl_settings
  for word in (commandline -opc)
    if string match -q '*.get' -- $word; and test -f $word
      getdsl show $word 2>/dev/null | {KEYS}
    end
  end
end
""",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")


def run(args: argparse.Namespace) -> int:
    from getdsl.cli import whole_parser
    from getdsl.data.extras import optional

    shtab = optional("shtab", f"getdsl completion {args.shell}", "making the script")
    parser = whole_parser()
    for command, actions in _arguments(parser):
        for action in actions:
            _tell(action, command, shtab)
    hand_over(shtab.complete(parser, shell=args.shell, preamble=PREAMBLE) + "\n")
    return 0


def _arguments(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[argparse.Action]]]:
    """The arguments of each command; argparse has no public way to them."""
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for name, each in commands.choices.items():
        yield name, each._actions


def _tell(action: argparse.Action, command: str, shtab: Any) -> None:
    """Says on an argument what it is completed to."""
    if action.choices is not None or action.nargs == 0:
        return
    if action.dest in ("spec", "before", "after"):
        action.complete = SPECS  # type: ignore[attr-defined]
    elif action.dest == "set":
        action.complete = SETTINGS  # type: ignore[attr-defined]
    elif action.metavar in FOLDERS:
        action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    elif action.type is Path:
        action.complete = shtab.FILE  # type: ignore[attr-defined]
    elif command in (known := _known()):
        action.choices = known[command]


def _known() -> Mapping[str, list[str]]:
    """What commands explain, by the command."""
    from getdsl.compiler import library
    from getdsl.compiler.operations import OPERATIONS
    from getdsl.compiler.sections.declared import SECTIONS
    from getdsl.diagnostics.catalogue import CODES

    return {
        "blocks": sorted(library.index()),
        "operations": sorted(OPERATIONS),
        "explain": [*sorted(CODES), *SECTIONS],
    }
