"""`getdsl import CONFIG.yaml… [key=value…] [-o FILE.get]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.cli.printing import hand_over, say, tell
from getdsl.diagnostics import UserError

if TYPE_CHECKING:
    from getdsl.importing.convert import Imported


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "config",
        nargs="+",
        metavar="CONFIG",
        help="YAML files that belong together, or a config folder; `key=value` sets a value as Hydra does",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the spec to write (stdout)")
    parser.add_argument("--force", action="store_true", help="replace FILE where it is there")
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="json: what became of every setting, to stdout, for tools (text)",
    )


def run(args: argparse.Namespace) -> int:
    """The spec goes to FILE or stdout, what became of the settings to stderr."""
    from getdsl.importing import import_config

    paths, settings = _sorted_out(args.config)
    if args.output is not None:
        _refuse_to_overwrite(args.output, args.force)
    imported = import_config(paths, settings)
    wrong = imported.checked is not None and not imported.checked.ok
    if args.output is not None and not wrong:
        _write(args.output, imported.text)
    _show(args, imported, wrong=wrong)
    if imported.checked is not None and wrong:
        tell(imported.checked.diagnostics, before="\n")
        raise UserError(
            "the config describes a model that is not right, and nothing was written",
            "the lines above are of the spec that it would be; correct the config, or set `key=value`",
        )
    if imported.gap is not None:
        raise _gap(imported.target)
    if args.output is not None and args.format == "text":
        say(f"{args.output}: fine")
    return 0


def _sorted_out(words: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The files, and the settings as Hydra takes them. Raises UserError where there is no file."""
    from getdsl.importing.overrides import is_override

    settings = [word for word in words if is_override(word) and not Path(word).exists()]
    paths = [Path(word) for word in words if word not in settings]
    if not paths:
        raise UserError("no config is given", "`getdsl import CONFIG.yaml`")
    return paths, settings


def _show(args: argparse.Namespace, imported: Imported, *, wrong: bool) -> None:
    from getdsl.importing.report import report_json, report_text

    if args.format == "json":
        hand_over(report_json(imported) + "\n")
        return
    if wrong:
        return
    if args.output is None:
        hand_over(imported.text)
    say(report_text(imported), file=sys.stderr)


def _gap(target: str | None) -> UserError:
    from getdsl.importing.classes import SPEC_OF

    if target is None:
        return UserError(
            "the config has no `model._target_`, so the spec has no model",
            "give the model's config too: `getdsl import model.yaml run.yaml`",
        )
    name = target.rpartition(".")[2]
    help = "GET's 23 classes and the guide's MyModel have one; write the model in the place of the gap"
    if name in SPEC_OF:
        help = f"if it is GET's own class, say so: `model._target_=get_model.model.model.{name}`"
    return UserError(f"no spec stands for `{target}`, so the spec has a gap in the model's place", help)


def _refuse_to_overwrite(path: Path, force: bool) -> None:
    if path.is_dir():
        raise UserError(f"`{path}` is a folder", "name the spec to write: `-o FILE.get`")
    if path.exists() and not force:
        raise UserError(f"`{path}` is there already", "`--force` replaces it")


def _write(path: Path, text: str) -> None:
    from getdsl.text.whole import whole_file

    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8")
