"""Fixes made round by round, until none is left that helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.spec import Checked
from getdsl.diagnostics import Diagnostic, Fix
from getdsl.diagnostics.fixes import apart, applied
from getdsl.mending.own_files import place_of, stands_open
from getdsl.text.source import Span

CHECKS = 200  # of a spec, in search of what helps
AHEAD = 3  # fixes that a fix may need after it, before it helps
Texts = Mapping[Path, str]  # of files by resolved path, the main one first
Check = Callable[[Texts], Checked]


@dataclass(frozen=True)
class Made:
    """A fix that was made: where, in the text as it stood then, and what it says."""

    file: Path
    line: int
    title: str
    alone: bool = False


@dataclass(frozen=True)
class Mended:
    """What fixes made of a spec: its main file's text and those that they changed, also as they were."""

    before: Texts
    texts: Texts
    checked: Checked
    made: tuple[Made, ...] = ()


@dataclass(frozen=True)
class _Offer:
    """A mistake with its fix, in a file that may be written."""

    mistake: Diagnostic
    fix: Fix
    file: Path

    @property
    def place(self) -> Span:
        return self.fix.edits[0].span


def mend(texts: Texts, check: Check) -> Mended:
    """The texts with all fixes that take a mistake away and bring no error that was not there."""
    return _Mender(check).settled(Mended(texts, texts, check(texts)), AHEAD)


class _Mender:
    def __init__(self, check: Check) -> None:
        self.check = check
        self.left = CHECKS

    def settled(self, state: Mended, ahead: int) -> Mended:
        """The state after as many rounds as help."""
        while following := self.together(state) or self.with_others(state, ahead):
            state = following
        return state

    def together(self, state: Mended) -> Mended | None:
        """The state after all fixes that help, made at once; None where none does."""
        reached = state
        kept: list[_Offer] = []
        waiting = [self.offers(state)]
        while waiting and self.left:
            group = waiting.pop()
            after = self.after(state, [*kept, *group]) if group else state
            if _is_better(reached, after, group):
                kept, reached = [*kept, *group], after
            elif len(group) > 1:
                half = len(group) // 2
                waiting += [group[half:], group[:half]]
        return reached if kept else None

    def with_others(self, state: Mended, ahead: int) -> Mended | None:
        """The state after a fix that uncovers mistakes which have fixes too: it helps together with them."""
        for offer in self.offers(state) if ahead else ():
            after = self.settled(self.after(state, [offer]), ahead - 1)
            if _is_better(state, after, [offer]):
                return after
        return None

    def offers(self, state: Mended) -> list[_Offer]:
        """The first fix of each mistake that stays apart from those before it, while there is time.

        Those that are right alone wait for the others, and none follows another.
        """
        found = [
            _Offer(item, fix, file)
            for item in (state.checked.diagnostics if self.left else ())
            for fix in item.fixes[:1]
            if (file := place_of(fix, state.checked.files)) is not None and stands_open(file)
        ]
        others = [offer for offer in found if not offer.fix.alone]
        if others or any(made.alone for made in state.made):
            found = others
        kept = set(map(id, apart(offer.fix for offer in found)))
        return [offer for offer in found if id(offer.fix) in kept]

    def after(self, state: Mended, offers: list[_Offer]) -> Mended:
        """The state after some fixes of it; as it is, where no time is left."""
        if not self.left:
            return state
        self.left -= 1
        before, texts = dict(state.before), dict(state.texts)
        for file in {offer.file for offer in offers}:
            text = next(offer.place.file.text for offer in offers if offer.file == file)
            before.setdefault(file, text)
            texts[file] = applied(text, (offer.fix for offer in offers if offer.file == file))
        made = (Made(offer.file, offer.place.line, offer.fix.title, offer.fix.alone) for offer in offers)
        return Mended(before, texts, self.check(texts), (*state.made, *made))


def _is_better(before: Mended, after: Mended, offers: Collection[_Offer]) -> bool:
    """Whether the mistakes of the offers are gone, and no error is there that was not."""
    gone = Counter(_key(offer.mistake) for offer in offers)
    old, new = (Counter(map(_key, state.checked.diagnostics)) for state in (before, after))
    errors = Counter(_key(item) for item in after.checked.diagnostics if item.severity == "error")
    if errors and any(offer.fix.alone for offer in offers):
        return False
    return bool(gone) and errors <= old and all(new[key] <= old[key] - count for key, count in gone.items())


def _key(item: Diagnostic) -> tuple[str, str, str]:
    """What a mistake is, wherever edits have moved it."""
    return item.code, item.primary.span.file.name if item.primary else "", item.message
