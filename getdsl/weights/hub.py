"""Weights on a hub, `hf://org/name/file@revision`, through huggingface_hub, which keeps what it fetched."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from getdsl.weights.errors import CheckpointError
from getdsl.weights.hashing import normal_sha256, sha256_of

SCHEME = "hf://"
FILE = "model.safetensors"  # what an address without a file means, and what `getdsl publish` writes
ADDRESS = re.compile(
    r"hf://(?P<repo>[\w.-]+/[\w.-]+)(?:/(?P<file>[\w.-]+(?:/[\w.-]+)*))?(?:@(?P<revision>[\w./-]+))?"
)
COMMIT = re.compile(r"[0-9a-f]{40}")


def is_on_hub(location: str) -> bool:
    return location.startswith(SCHEME)


def fetch_from_hub(address: str, sha256: str | None, *, offline: bool = False) -> Path:
    """The file of an address, in huggingface_hub's cache. Raises CheckpointError.

    As of any address, what it gives must be settled: by a commit as its revision, or by a `sha256`.
    """
    found = ADDRESS.fullmatch(address)
    if found is None or ".." in address:
        raise CheckpointError(
            f"`{address}` is no address of a hub",
            "write `hf://org/name`, `hf://org/name/file.safetensors@commit`",
        )
    revision = found["revision"] or "main"
    if sha256 is None and not COMMIT.fullmatch(revision):
        raise CheckpointError(
            f"`{address}` has no `sha256` and names no commit, and may be another file tomorrow",
            "add `@` and the 40 letters of a commit, or `sha256` as its publisher gives it",
        )
    path = _download(address, found["repo"], found["file"] or FILE, revision, offline)
    if sha256 is not None and sha256_of([path]) != normal_sha256(sha256):
        raise CheckpointError(
            f"what `{address}` gives is not the file that `sha256` names",
            "check both with the file's publisher",
        )
    return path


def _download(address: str, repo: str, file: str, revision: str, offline: bool) -> Path:
    hub = _library(address)
    try:
        found = hub.hf_hub_download(repo_id=repo, filename=file, revision=revision, local_files_only=offline)
    except Exception as error:  # the library's own, and those of what it connects by
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        help = "check the address; for a private one, `hf auth login`"
        if offline:
            help = "run it once without `--offline`, or name a file on this machine"
        raise CheckpointError(f"cannot have `{address}`: {reason}", help) from error
    return Path(found).resolve()  # and not the link of its cache


def _library(address: str) -> Any:
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise CheckpointError(
            f"`{address}` needs huggingface_hub, which cannot be imported ({error})",
            "run `pip install 'getdsl[hub]'`",
        ) from error
