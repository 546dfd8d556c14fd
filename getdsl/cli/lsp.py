"""`getdsl lsp`: the language server, which editors start."""

from __future__ import annotations

import argparse

from getdsl import __version__
from getdsl.cli.options import at_least_one
from getdsl.diagnostics import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tcp",
        type=at_least_one,
        metavar="PORT",
        help="listen on a port of this machine for one client, for debugging (stdin and stdout)",
    )
    parser.add_argument("--stdio", action="store_true", help="speak on stdin and stdout, as without options")


def run(args: argparse.Namespace) -> int:
    try:
        from getdsl.lsp.server import Server
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        raise UserError(
            f"the language server needs {error.name}, which is not installed",
            "run `pip install 'getdsl[lsp]'`",
        ) from error
    server = Server(__version__)
    if args.tcp is not None:
        server.start_tcp("127.0.0.1", args.tcp)
    else:
        server.start_io()
    return 0
