"""What is suggested for a word that nothing is called: difflib's answer, in less time."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from getdsl.diagnostics import nearest, suggestion, suggestion_or_list
from getdsl.diagnostics.spellings import Effort, Spellings
from getdsl.diagnostics.suggest import _edits

letters = st.text("abAB_12", max_size=8)
long = st.text("ab.0", min_size=150, max_size=260)  # from 200 letters on difflib leaves some out


def plain(word: str, known: Iterable[str]) -> str | None:
    """Each name compared."""
    names = sorted({name for name in known if name})
    same = [name for name in names if name.lower() == word.lower()]
    return next(iter(same or difflib.get_close_matches(word, names, n=1, cutoff=0.6)), None)


def most_alike(word: str, known: Iterable[str]) -> str | None:
    return Spellings(frozenset(known)).nearest(word)


@given(letters, st.sets(letters, max_size=60))
@example("m12", {"n12", "n21", "n1", "m"})
@example("", {"", "a"})
@example("ab", set())
@example("Ab", {"aB", "ab", "AB"})
def test_the_nearest_name_is_that_of_all_comparisons(word: str, known: set[str]) -> None:
    assert most_alike(word, known) == plain(word, known)


@given(st.text(max_size=12), st.sets(st.text(max_size=12), max_size=30))
def test_in_any_alphabet(word: str, known: set[str]) -> None:
    assert most_alike(word, known) == plain(word, known)


@given(long, st.sets(long, max_size=4))
def test_of_long_names_too(word: str, known: set[str]) -> None:
    assert most_alike(word, known) == plain(word, known)


def test_the_names_of_a_spec_and_their_misspellings() -> None:
    from getdsl.compiler import library
    from getdsl.compiler.operations import OPERATIONS

    known = {*library.index(), *OPERATIONS, *(f"blocks.{i}.attn.qkv.weight" for i in range(40))}
    for name in sorted(known):
        for word in (
            name[1:],
            name[:-1],
            name[:2] + "x" + name[2:],
            name[::-1],
            name.upper(),
            name[2:] + "s",
        ):
            assert most_alike(word, known) == plain(word, known), word


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("relue", ["relu", "elu"], "relu"),
        ("rleu", ["relu"], "relu"),
        ("embedDim", ["embed_dim"], "embed_dim"),
        ("epsilon", ["eps"], "eps"),
        ("hed", ["head"], "head"),
        ("cnov1q", ["conv1", "conv2"], "conv1"),
        ("decoder", ["encoder"], None),
        ("AvgPool1d", ["MaxPool1d", "SplitPool"], None),
        ("pad", ["expand"], None),
        ("gradient", ["given"], None),
        ("cross_entropy", ["binary_cross_entropy_loss_weights"], None),
    ],
)
def test_the_name_of_something_else_is_not_suggested(word: str, known: list[str], meant: str | None) -> None:
    assert nearest(word, known) == meant


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_a_distance(one: str, other: str) -> None:
    assert _edits(one, other) == _edits(other, one)
    assert (_edits(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= _edits(one, other) <= max(len(one), len(other))
    assert _edits(one, one[1:]) == bool(one)


def test_few_names_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What bounds the time of a spec full of mistakes: of 5,000 names, those that share most letters."""
    compared: list[str] = []
    whole = difflib.SequenceMatcher.set_seq1

    def counted(self: difflib.SequenceMatcher[str], name: str) -> None:
        compared.append(name)
        whole(self, name)

    monkeypatch.setattr(difflib.SequenceMatcher, "set_seq1", counted)
    spellings = Spellings(frozenset(f"n{i}" for i in range(5000)))
    compared.clear()
    assert spellings.nearest("m1234") == "n1234"
    assert 1 <= len(compared) <= 30  # the orders of four digits, and the making of a matcher


def test_what_is_said_of_it() -> None:
    assert suggestion("relu_", ["relu", "gelu"]) == "did you mean `relu`?"
    assert suggestion("tanh", ["relu", "gelu"]) is None
    assert suggestion_or_list("tanh", ["relu", "gelu"], "kinds") == "kinds: `gelu`, `relu`"
    assert suggestion_or_list("x", map(str, range(14)), "kinds").endswith("`6`, `7` and 2 more")
    assert suggestion_or_list("tanh", [], "kinds") == "kinds: none"


def test_a_word_that_is_asked_for_again_costs_nothing() -> None:
    """A mistake in a loop of 15,000 turns is reported once, and was compared with all names in each."""
    known, effort = Spellings(frozenset({"encoder", "decoder", "head"})), Effort()
    first = known.nearest("encodr", effort)
    left = effort.left
    assert [known.nearest("encodr", effort) for _ in range(3)] == [first] * 3 == ["encoder"] * 3
    assert effort.left == left
    assert known.nearest("encodr", effort, but="encoder") == "decoder"


def test_what_was_cut_short_is_not_kept() -> None:
    known = Spellings(frozenset({"encoder", "decoder", "head"}))
    assert known.nearest("encodr", Effort(1)) is None
    assert known.nearest("encodr", Effort()) == "encoder"
