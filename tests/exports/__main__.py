"""Writes each shipped spec in each format, runs it without getdsl, and fills the table of docs/export.md."""

import re
import sys
import tempfile
from pathlib import Path

import getdsl
from getdsl.compiler.lower.export.trials import hold, trials
from getdsl.compiler.lower.export.written import write_export
from getdsl.diagnostics import UserError
from tests.exports.elsewhere import run_elsewhere
from tests.exports.shipped import shipped

PAGE = Path(__file__).parents[2] / "docs/export.md"
ROW = re.compile(r"^\| `(?P<name>[^`]+)\.get`.*$", re.M)
FORMATS = ("pt2", "onnx", "standalone")


def cell(name: str, form: str) -> str:
    """The largest difference of a format from the model, or why there is none."""
    model = getdsl.compile(f"specs/{name}.get", params=shipped()[name], seed=1).eval()
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_export(model, Path(folder) / "out", form)  # type: ignore[arg-type]
        except UserError as error:
            return str(error).partition("\n")[0]
        wanted = trials(model)
        found = run_elsewhere(form, Path(folder) / "out", [trial.inputs for trial in wanted])
        by_inputs = {id(trial.inputs): outputs for trial, outputs in zip(wanted, found, strict=True)}
        return f"{hold(lambda inputs: by_inputs[id(inputs)], wanted, form).difference:.0e}"


def main(names: list[str]) -> None:
    """Prints rows, of all specs or those named, and puts them into the page."""
    for name in names or shipped():
        row = f"| `{name}.get` | " + " | ".join(cell(name, form) for form in FORMATS) + " |"
        print(row, flush=True)
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(
            ROW.sub(lambda found, row=row, name=name: row if found["name"] == name else found[0], text)
        )


main(sys.argv[1:])
