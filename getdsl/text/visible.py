"""Text as it may be shown: what a terminal would obey, and what cannot be seen or written, is escaped."""

from __future__ import annotations


def visible(text: str, keep: str = "\n\t") -> str:
    """The text with each character that does not print as Python's strings write it, but for those to keep.

    That is control characters, those that turn the direction of text, odd spaces, and halves of characters,
    as names of files have them that are not UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return repr(char)[1:-1]
