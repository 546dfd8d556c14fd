"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from getdsl.cli.printing import tell
from getdsl.compiler.check import check
from getdsl.compiler.spec import Checked, Spec
from getdsl.diagnostics import SpecError, UserError, suggestion_or_list


def add_spec(
    parser: argparse.ArgumentParser,
    *,
    several: bool = False,
    optional: bool = False,
    or_checkpoint: bool = False,
) -> None:
    """The spec, and what is set from outside."""
    parser.add_argument(
        "spec",
        type=Path,
        nargs="+" if several else "?" if optional else None,
        metavar="SPEC",
        help="a .get file" + (", a checkpoint, or the folder of a run" if or_checkpoint else ""),
    )
    add_overrides(parser)


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """What is set from outside, and which model is meant."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a param or setting: embed_dim=256, train.epochs=3, encoder.num_heads=2",
    )
    parser.add_argument(
        "--params",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a YAML file of params and settings",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="the model to take, where the file has several (the last)"
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="how diagnostics are printed (text)",
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="FILE",
        help="a spec whose `extern` Python may run, or a checkpoint that holds more than tensors",
    )


def add_fuse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-fuse", dest="fuse", action="store_false", help="leave every block a kernel of its own"
    )


def add_offline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--offline",
        action="store_true",
        help="take checkpoints at URLs from the cache, never from the network",
    )


def add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers",
        type=at_least_one,
        default=1,
        metavar="N",
        help="processes of this machine, by Dask (1, without)",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask cluster that is there: tcp://127.0.0.1:8786"
    )


def add_set_dim(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set-dim",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=SIZE",
        help="sizes to reckon with, after the spec: --set-dim B=8 R=200 L=4000",
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=at_least_one, metavar="N", help="CPU threads to compute with")
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "gpu"),
        default="auto",
        help="where to compute (auto: a GPU where there is one)",
    )


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """A trained model, and what is set over its own settings."""
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="DIR|CHECKPOINT",
        help="the folder of a run, or one of its checkpoints; nothing else is needed",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a param or setting over the run's own: train.batch_size=64",
    )


def add_adapter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--adapter",
        type=Path,
        metavar="FILE",
        help="take the adapters of a file, over the checkpoint's weights",
    )


def add_devices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--devices", type=_devices, metavar="N", help="GPUs or processes on each machine, or `auto`: all GPUs"
    )
    parser.add_argument("--num-nodes", type=at_least_one, metavar="N", help="machines that compute together")


def _devices(text: str) -> int | str:
    return text if text == "auto" else at_least_one(text)


def at_least_one(text: str) -> int:
    """At least 1, as an option takes it."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not how many, such as 2")
    return int(text)


def seed(text: str) -> int:
    """At least 0, as an option takes it."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`{text}` is no seed, such as 0")
    return int(text)


def dims_of(args: argparse.Namespace, *specs: Spec) -> dict[str, int]:
    """The sizes that `--set-dim` gives. Raises UserError for a name that none of the specs has."""
    known = dict.fromkeys(str(symbol) for spec in specs for symbol in spec.graph.symbols)
    sizes: dict[str, int] = {}
    for item in args.set_dim:
        name, equals, value = item.partition("=")
        if not equals or not value.isdigit() or int(value) < 1:
            raise UserError(
                f"`--set-dim {item}` is not a size", "write it as NAME=SIZE, such as `--set-dim B=8 R=200`"
            )
        if name not in known:
            raise UserError(
                f"{specs[0].path or specs[0].model} has no size `{name}` to set",
                suggestion_or_list(name, known, "its sizes"),
            )
        sizes[name] = int(value)
    return sizes


def check_spec(args: argparse.Namespace, path: Path | None = None) -> Checked:
    """Checks the command's spec (or another one with its overrides)."""
    return check(path or args.spec, settings=args.set, param_files=args.params, model=args.model)


def need_spec(args: argparse.Namespace) -> Spec:
    """The command's spec; its warnings go to stderr. Raises SpecError where it has errors."""
    checked = check_spec(args)
    if checked.spec is None:
        raise SpecError(checked.diagnostics)
    if checked.diagnostics:
        tell(checked.diagnostics)
    return checked.spec
