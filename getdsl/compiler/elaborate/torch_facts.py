"""What PyTorch says of a module of `torch.nn`: asked once for each question.

`check` imports no torch: it asks a process of its own, which is kept for further questions. Where the back
half is at hand, it answers. An answer is kept in the user's cache under the question and torch's version.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import metadata
from threading import Timer
from typing import Any, TypeAlias

from getdsl.compiler.constants.paths import PACKAGE
from getdsl.text.kept import cache_folder, keep, read_kept

Answer: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
PROBE = "getdsl.compiler.lower.torch_probe"
PATIENCE = 120.0  # seconds, in which a busy machine imports torch
_at_hand: list[Answer] = []


def answer_here(answer: Answer) -> None:
    """Lets questions be answered in this process, which has torch."""
    _at_hand[:] = [answer]


def torch_facts(request: dict[str, Any]) -> dict[str, Any]:
    """The answer of `lower/torch_probe.py`; its `problem` is "silent" where none came."""
    return _facts(json.dumps(request, sort_keys=True))


@lru_cache(maxsize=1024)
def _facts(question: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{_version()} {question}".encode()).hexdigest()
    path = cache_folder() / "torch" / f"{digest[:24]}.json"
    known = read_kept(path)
    if isinstance(known, dict):
        return known
    found = _at_hand[0](json.loads(question)) if _at_hand else _asked(question)
    if found.get("problem") != "silent":
        keep(path, found)
    return found


def _version() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def _asked(question: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_line(_probe(), question))
    except (OSError, ValueError):  # it could not start, or it ended
        _probe.cache_clear()
        return {"problem": "silent"}
    return found


def _line(process: subprocess.Popen[str], question: str) -> str:
    """The line that answers; empty where the process has ended, at the latest when patience has."""
    assert process.stdin is not None
    assert process.stdout is not None
    waiting = Timer(PATIENCE, process.kill)
    waiting.start()
    try:
        process.stdin.write(question + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    finally:
        waiting.cancel()


@cache
def _probe() -> subprocess.Popen[str]:
    searched = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(
        [sys.executable, "-m", PROBE],
        stdin=pipe,
        stdout=pipe,
        stderr=nowhere,
        text=True,
        env={**os.environ, "PYTHONPATH": searched},
    )
    atexit.register(process.kill)
    return process
