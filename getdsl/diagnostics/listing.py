"""Many names in few words: numbered siblings become `*`, what shares a part `part.*`, the rest a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Sized

MANY = 12  # items that a message lists at most
SHOWN = 5  # names that a message lists before it counts the rest


def folded(names: Iterable[str]) -> Counter[str]:
    """The names by the part that they stand in, with how many each stands for; a lone name is itself."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_part(name), []).append(name)
    return Counter({part if len(group) > 1 else group[0]: len(group) for part, group in groups.items()})


def _part(name: str) -> str:
    """`blocks.0.norm1.weight` is of `blocks.*`, `head.weight` of `head.*`, `cls_token` of itself."""
    steps = name.split(".")
    numbered = next((i for i, step in enumerate(steps) if step.isdigit()), None)
    kept = steps[: numbered if numbered is not None else -1]
    return ".".join([*kept, "*"]) if kept else name


def listed(names: Sequence[str], limit: int = 4) -> str:
    """The names in one line, folded, each with its number where it stands for several."""
    found = list(folded(names).items())
    shown = [f"`{name}`" + (f" ({count})" if count > 1 else "") for name, count in found[:limit]]
    more = sum(count for _, count in found[limit:])
    return ", ".join(shown) + (f" and {more} more" if more else "")


def joined(items: Iterable[object], separator: str = ", ", shown: int = MANY) -> str:
    """The first items as they are, and how many more there are: a message lists nothing without a bound."""
    texts = list(map(str, items))
    more = f" and {len(texts) - shown} more" if len(texts) > shown else ""
    return separator.join(texts[:shown]) + more


def first_of(names: Sequence[str], shown: int = SHOWN) -> str:
    """The first names in backquotes, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(f"`{name}`" for name in names[:shown]) + more


def quoted_list(names: Iterable[str]) -> str:
    """A list of texts as a spec writes it."""
    return "[" + ", ".join(map(quoted, names)) + "]"


def patterns_list(patterns: Iterable[str]) -> str:
    """A list of names and globs as a spec writes it: what is a plain name stands without quotes."""
    return "[" + ", ".join(name if name.isidentifier() else quoted(name) for name in patterns) + "]"


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def and_more(items: Sized) -> str:
    """What stands after the first of several; nothing where it is the only one."""
    return f" (and {len(items) - 1} more)" if len(items) > 1 else ""
