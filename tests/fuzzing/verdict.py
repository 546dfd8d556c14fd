"""What must hold of `check`, whatever it is given."""

from __future__ import annotations

import json
import time

from getdsl.compiler.check import check_text
from getdsl.diagnostics.render import render

SECONDS = 2.0  # of processor time, of an input of at most 100 kB


def problem(text: str, limit: float = SECONDS) -> str | None:
    """Why an answer is wrong, in a few words; None where it is right."""
    start = time.process_time()
    try:
        checked = check_text(text)
        shown = {kind: render(checked.diagnostics, kind) for kind in ("text", "json", "github")}
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"
    seconds = time.process_time() - start
    errors = [item for item in checked.diagnostics if item.severity == "error"]
    if checked.ok == bool(errors):
        return "refused in silence" if not errors else "accepted with errors"
    if seconds > limit:
        return f"took {seconds:.1f} s"
    if any(not item.message.strip() for item in checked.diagnostics):
        return "a message is empty"
    if any("\n" in item.message for item in checked.diagnostics):
        return "a message is more than a line"
    if len(json.loads(shown["json"])) != len(checked.diagnostics):
        return "not all is shown as JSON"
    if "\x1b" in shown["text"] or "\0" in shown["text"]:
        return "what a terminal obeys is shown as it is"
    return None
