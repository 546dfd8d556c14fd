"""The command line: one file a command, imported only when it runs."""

from __future__ import annotations

import argparse
import gc
import importlib
import keyword
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import ModuleType

from getdsl.cli.printing import say

COMMANDS = {
    "init": "write a first spec for the files at hand: a genome, regions, and what is measured in them",
    "check": "parse, resolve and shape-check a spec; no torch",
    "fmt": "put specs into the one layout; comments stay where they belong",
    "show": "print a stage of the compiler: the resolved spec, the graph, the fx code",
    "graph": "the model as a picture: a page to click through, SVG, PNG, PDF, DOT, Mermaid",
    "plan": "account for every tensor: loaded, renamed, new, frozen, adapted; and what a step costs",
    "diff": "what differs between two specs, and whether checkpoints of the one load in the other",
    "compile": "write a readable Python module and its weights; or torch.export, ONNX, one plain file",
    "data": "what a spec's data hold: samples, shapes, histograms, the first samples, how fast they are read",
    "prepare": "write what a spec's readers read to a store, from which batches come faster",
    "find-lr": "a learning rate for a spec by a range test, and a picture of the loss by rate",
    "find-batch-size": "which batch sizes fit the memory, and how fast each trains",
    "train": "train a spec on its data; resumes; checkpoints, metrics, plots",
    "sweep": "train a spec at each point of a grid of settings; goes on where it was; a table at the end",
    "runs": "compare runs in a table: what was set, how far they came, what they reached",
    "evaluate": "metrics of a trained checkpoint on held-out data",
    "predict": "outputs of a trained checkpoint for samples, regions or FASTA: zarr, Parquet, bigWig, genes",
    "score": "what variants do to the outputs of a trained checkpoint, as a table or in the VCF",
    "interpret": "what an output comes from: contributions, motifs, Jacobians, mutagenesis, attention",
    "design": "sequences towards a goal of a model's outputs: evolution, gradients, motifs put in",
    "publish": "a run as a folder for a hub: weights, spec, a card with figures and hashes",
    "import": "turn a GET (Hydra) config into a .get file",
    "blocks": "the block library, from the faces",
    "operations": "what can be done with tensors, and how it is called",
    "explain": "teach a diagnostic code",
    "completion": "a script by which bash, zsh or fish complete commands, options, specs and settings",
    "lsp": "serve editors: diagnostics, hover, completion and more while a spec is written",
}
SHORT = ("check", "fmt", "blocks", "operations", "explain")
EXIT_OK, EXIT_WRONG, EXIT_USAGE, EXIT_BUG, EXIT_INTERRUPTED = 0, 1, 2, 70, 130


class Parser(argparse.ArgumentParser):
    """Argparse with our one-line errors and suggestions."""

    def error(self, message: str) -> None:  # type: ignore[override]
        import re

        from getdsl.diagnostics import suggestion, suggestion_or_list

        there_is = f"`{self.prog} --help` shows what there is"
        help = there_is
        if match := re.search(r"argument (.+?): invalid choice: '([^']+)' \(choose from (.*)\)", message):
            option, given, listed = match.groups()
            known = re.findall(r"[\w-]+", listed)
            if option == "COMMAND":
                message, help = f"there is no command `{given}`", suggestion(given, known) or there_is
            else:
                message, help = (
                    f"`{option}` cannot be `{given}`",
                    suggestion_or_list(given, known, "there are"),
                )
        say(f"error: {message}\n  = help: {help}", file=sys.stderr)
        raise SystemExit(EXIT_USAGE)


def _parser(chosen: str | None) -> Parser:
    from getdsl import __version__

    parser = Parser(prog="getdsl", description="One .get file becomes a trained genomics model.")
    parser.add_argument("--version", action="version", version=f"getdsl {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for name, help in COMMANDS.items():
        if chosen in (None, name) or chosen not in COMMANDS:
            command = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
            if chosen == name:
                _module(name).add_arguments(command)
        else:
            commands.add_parser(name, help=help, add_help=False)
    return parser


def whole_parser() -> Parser:
    """The parser with the arguments of every command, which takes longer than a command that runs has."""
    parser = Parser(prog="getdsl")
    commands = parser.add_subparsers(dest="command", parser_class=Parser)
    for name, help in COMMANDS.items():
        _module(name).add_arguments(commands.add_parser(name, help=help, description=help))
    return parser


def _module(command: str) -> ModuleType:
    """A command's file, with underscores; one that is a word of Python has one after it."""
    name = command.replace("-", "_") + ("_" if keyword.iskeyword(command) else "")
    return importlib.import_module(f"getdsl.cli.{name}")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; no traceback reaches the user."""
    if sys.stdout is None:
        say("error: stdout is closed, and there is nowhere to print", file=sys.stderr)
        return EXIT_WRONG
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr is: a locale may lack what we print
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen = next((item for item in arguments if not item.startswith("-")), None)
    if argv is not None or chosen not in SHORT:
        return _run(arguments, chosen)
    gc.disable()  # a short process that only builds trees: collecting them would be a third of its time,
    code = _run(arguments, chosen)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = _failed(error)
    os._exit(code)  # and taking them apart at its end another sixth


def _run(arguments: list[str], chosen: str | None) -> int:
    args = _parser(chosen).parse_args(arguments, argparse.Namespace(given=arguments))
    try:
        return int(_module(args.command).run(args))
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_WRONG
    except KeyboardInterrupt:
        say("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    """One sentence for what the user can mend, a report of a bug for what is ours."""
    from getdsl.diagnostics import SpecError, UserError

    if isinstance(error, SpecError):
        say(str(error).strip(), file=sys.stderr)
        return EXIT_WRONG
    if isinstance(error, UserError):
        say(f"error: {error}", file=sys.stderr)
        if error.help:
            say(f"  = help: {error.help}", file=sys.stderr)
        return EXIT_WRONG
    if os.environ.get("GETDSL_TRACEBACK"):
        raise error
    if isinstance(error, MemoryError):
        say("error: there is not enough memory for this", file=sys.stderr)
        return EXIT_WRONG
    if isinstance(error, OSError):  # the machine's word: a full disk, a closed pipe, a missing right
        place = f" `{error.filename}`" if error.filename else ""
        say(f"error: {(error.strerror or str(error)).lower()}{place}", file=sys.stderr)
        if isinstance(error, FileExistsError | NotADirectoryError):
            say("  = help: a file stands where a folder should be: name another place", file=sys.stderr)
        return EXIT_WRONG
    say(
        f"error: a bug in getdsl: {type(error).__name__}: {error}\n"
        "  = help: run it again with GETDSL_TRACEBACK=1 and report what it prints",
        file=sys.stderr,
    )
    return EXIT_BUG
