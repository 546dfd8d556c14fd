"""Metadata beside the weights: what can do no harm needs no trust, and nothing of it is run."""

from __future__ import annotations

import argparse
import collections
import datetime
import decimal
import fractions
import functools
import pathlib
import subprocess
import sys
import types
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.trust import trust_of
from getdsl.weights.errors import CheckpointError
from getdsl.weights.pickled.inert import INERT
from getdsl.weights.pickled.names import BEYOND_TORCH, KNOWN
from tests.weights.files import assert_equal, header_of, loaded, some_tensors
from tests.weights.stranger import Settings, save_foreign

INERT_VALUES: dict[str, Any] = {
    "a scalar of numpy": np.float64(0.3),
    "an array of numpy": np.arange(6.0).reshape(2, 3),
    "texts of numpy": np.array(["a", "b"]),
    "objects of numpy": np.array([None, "a"], dtype=object),
    "a truth of numpy": np.bool_(True),
    "a type of numpy": np.dtype("f4"),
    "a class of numpy": np.float32,
    "numpy's random state": np.random.RandomState(3).get_state(),
    "a namespace": argparse.Namespace(lr=1e-3, path=Path("a")),
    "a simple namespace": types.SimpleNamespace(lr=1e-3),
    "a path": Path("a/b"),
    "a pure path": pathlib.PurePosixPath("a/b"),
    "a windows path": pathlib.PureWindowsPath("a/b"),
    "a type": torch.float32,
    "a device": torch.device("cpu"),
    "a size": torch.Size([2, 3]),
    "a version": torch.__version__,
    "a set": {1, 2},
    "a frozen set": frozenset({1, 2}),
    "a default mapping": collections.defaultdict(list, {"a": [1]}),
    "a nested default mapping": collections.defaultdict(dict, {"a": {"b": 1}}),
    "a queue": collections.deque([1, 2]),
    "a count": collections.Counter("aab"),
    "a complex number": 1 + 2j,
    "a range": range(3),
    "a slice": slice(1, 2),
    "bytes": b"abc",
    "a byte array": bytearray(b"abc"),
    "a date": datetime.date(2020, 1, 1),
    "a time": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    "a duration": datetime.timedelta(1),
    "an id": uuid.UUID(int=3),
    "a decimal": decimal.Decimal("0.1"),
    "a fraction": fractions.Fraction(1, 3),
    "settings of OmegaConf": Settings({"lr": 1e-3, "betas": [0.9, 0.999]}),
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", INERT_VALUES)
def test_inert_metadata_need_no_trust(name: str, old: bool, tmp_path: Path) -> None:
    content = {"state_dict": some_tensors(), "more": {"deeper": [INERT_VALUES[name]]}, "epoch": 3}
    path = save_foreign(tmp_path / "x", content, _use_new_zipfile_serialization=not old)
    assert_equal(loaded(path), some_tensors())
    assert set(header_of(path).ignored) == {"more", "epoch"}


@pytest.mark.parametrize(
    "value",
    [functools.partial(int, base=2), np.random.default_rng(0), torch.nn.ReLU(), subprocess.Popen, print],
    ids=["a partial", "a generator", "a module", "a class", "a function"],
)
def test_other_names_still_need_it(value: Any, tmp_path: Path) -> None:
    torch.save({"state_dict": some_tensors(), "more": value}, tmp_path / "x")
    with pytest.raises(CheckpointError, match="is refused: it asks to run"):
        header_of(tmp_path / "x")
    assert header_of(tmp_path / "x", trust=trust_of(True)).tensors


def test_what_is_known_is_no_name_that_runs_code() -> None:
    """The names that are read without trust, by the modules that they stand in."""
    names = {*INERT, *KNOWN, *BEYOND_TORCH}
    assert not {module for module, _ in names} & {"os", "posix", "nt", "subprocess", "sys", "importlib", "io"}
    builtins = {name for module, name in names if module == "builtins"}
    assert not builtins & {"eval", "exec", "compile", "getattr", "setattr", "open", "__import__", "type"}


def test_nothing_of_metadata_is_imported(tmp_path: Path) -> None:
    path = save_foreign(
        tmp_path / "x", {"state_dict": {"w": torch.ones(1)}, "cfg": Settings({}), "id": uuid.UUID(int=3)}
    )
    code = (
        "import sys; from getdsl.formats.checkpoint_header import LoadRequest; "
        "from getdsl.weights.header import read_header; sys.modules.pop('uuid', None); "
        f"print(len(read_header(LoadRequest({str(path)!r})).tensors), "
        "sorted({'torch', 'omegaconf', 'uuid', 'argparse'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "[]"]


# -- arrays of numpy as weights

ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "plain": np.arange(6, dtype="f4").reshape(2, 3),
    "columns first": np.asfortranarray(np.arange(6, dtype="f4").reshape(2, 3)),
    "big-endian": np.arange(6, dtype=">f8").reshape(2, 3),
    "backwards": np.arange(6, dtype="f4")[::-1],
    "whole numbers": np.arange(6, dtype="i2"),
    "truths": np.array([True, False]),
    "halves": np.arange(6, dtype="f2"),
    "complex": np.arange(6, dtype="c8"),
    "a single one": np.array(3.0),
    "empty": np.empty((0, 3), dtype="f4"),
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", ARRAYS)
def test_a_state_dict_of_arrays(name: str, old: bool, tmp_path: Path) -> None:
    array = ARRAYS[name]
    torch.save({"model": {"w": array}}, tmp_path / "x", _use_new_zipfile_serialization=not old)
    native = array.astype(array.dtype.newbyteorder("=")).copy(order="C")
    assert_equal(loaded(tmp_path / "x"), {"w": torch.from_numpy(native)})


def test_texts_are_no_weights(tmp_path: Path) -> None:
    torch.save(
        {"w": np.ones(2), "names": np.array(["a"]), "table": np.zeros(2, [("a", "f4")])}, tmp_path / "x"
    )
    header = header_of(tmp_path / "x")
    assert list(header.tensors) == ["w"]
    assert header.ignored == ("names", "table")
