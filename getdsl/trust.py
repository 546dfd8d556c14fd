"""Which files a user trusts: those named in a call or with `--trust`, and those of the user's config.

Trust in a spec lets the Python run that it names with `extern`; trust in a checkpoint lets it be read though
it holds more than tensors, and runs nothing. A run's checkpoint, which carries its spec, is trusted itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.text.opener import MEBIBYTE, read_text

CONFIG = "config.yaml"
KEYS = {"trusted": "paths", "private_hosts": "hosts"}  # lists, and what of
EXAMPLES = {
    "trusted": "write `trusted: [~/specs/mine.get, ~/checkpoints]`",
    "private_hosts": "write `private_hosts: [models.example.lan]`",
}


@dataclass(frozen=True)
class Trust:
    """Files that were named, resolved, and URLs; or all of them."""

    files: frozenset[Path] = frozenset()
    urls: frozenset[str] = frozenset()
    everything: bool = False

    def covers(self, place: str | Path | None) -> bool:
        """Whether a file or URL is trusted, here or in the user's config, which is read where need be.

        None, a text without a file, is covered by trust in everything alone. Raises UserError for a config
        that is wrong.
        """
        if self.everything or place is None:
            return self.everything
        if _is_url(place):
            return place in self.urls or place in _trusted_in_config()
        path = Path(place).resolve()
        if path in self.files:
            return True
        listed = [Path(item).expanduser().resolve() for item in _trusted_in_config() if not _is_url(item)]
        return any(path.is_relative_to(item) for item in listed)


NOBODY = Trust()


def trust_of(given: bool | str | Path | Iterable[str | Path]) -> Trust:
    """Trust in files and URLs, with True in all. Raises UserError where there is no such file."""
    if isinstance(given, bool):
        return Trust(everything=given)
    places = [given] if isinstance(given, str | Path) else list(given)
    return Trust(
        frozenset(_named_file(place) for place in places if not _is_url(place)),
        frozenset(str(place) for place in places if _is_url(place)),
    )


def _named_file(place: str | Path) -> Path:
    """A file, resolved. Raises UserError where it is none."""
    path = Path(place)
    if path.is_file():
        return path.resolve()
    what = "is a folder" if path.is_dir() else "is not there"
    raise UserError(
        f"`{place}` {what}, and trust is given file by file",
        f"name a file; folders may stand in `trusted` of {config_path()}",
    )


def options_for(places: Iterable[str | Path]) -> str:
    """What to add to a command line to trust them."""
    return " ".join(f"--trust {shlex.quote(str(place))}" for place in places)


def config_path() -> Path:
    from platformdirs import user_config_path

    return user_config_path("getdsl") / CONFIG


def private_hosts() -> frozenset[str]:
    """Hosts on private networks that may be fetched from, by the user's config. Raises UserError."""
    return frozenset(host.lower() for host in _config().get("private_hosts", []))


def _is_url(place: str | Path) -> bool:
    return isinstance(place, str) and "://" in place


def _trusted_in_config() -> list[str]:
    """The `trusted` paths and URLs; none where there is no config."""
    return _config().get("trusted", [])


def _config() -> dict[str, list[str]]:
    """The user's config, checked; empty where there is none."""
    path = config_path()
    try:
        text = read_text(path, MEBIBYTE)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = (getattr(error, "strerror", None) or "it is not UTF-8 text").lower()
        raise UserError(f"cannot read `{path}`: {why}", "mend it, or take it away") from error
    return _checked(path, _parsed(path, text))


def _parsed(path: Path, text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise UserError(f"`{path}` is not YAML{where}", "mend it, or take it away") from error


def _checked(path: Path, content: Any) -> dict[str, list[str]]:
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"`{path}` holds no settings by name", EXAMPLES["trusted"])
    for name in content:
        if name not in KEYS:
            raise UserError(
                f"`{path}` sets `{name}`, which is no setting",
                suggestion_or_list(str(name), KEYS, "settings"),
            )
    found = {name: _listed(path, name, content.get(name) or []) for name in KEYS}
    for item in found["trusted"]:
        if not _is_url(item) and not _is_whole(item):
            raise UserError(
                f"`trusted` in `{path}` has `{item}`, which is not a whole path", EXAMPLES["trusted"]
            )
    return found


def _listed(path: Path, name: str, listed: Any) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise UserError(f"`{name}` in `{path}` is not a list of {KEYS[name]}", EXAMPLES[name])
    return listed


def _is_whole(item: str) -> bool:
    """Whether a path means the same wherever a command runs."""
    try:
        return "\0" not in item and Path(item).expanduser().is_absolute()
    except RuntimeError:  # `~name` of nobody
        return False
