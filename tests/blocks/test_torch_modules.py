"""Modules of torch.nn that faces name: outputs, gradients, names, files; and no torch in `check`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import getdsl
from getdsl.blocks.embedding import Embedding
from getdsl.compiler.check import check_text
from getdsl.compiler.lower.export.standalone import standalone
from getdsl.compiler.lower.package import write_package
from tests.blocks.references import assert_like, model_of

ROWS = """block Rows from "torch.nn:RNN" {
    param width: int
    input x: [B, L, D]
    input start: [S, B, width]?
    output: [B, L, width]
    call(D, width, batch_first = true)
    apply(x, start)
    take 0
}
model M {
    input x: [B, L, 4]
    rows[0] = x -> Rows(8)
    rows[1] = rows[0] -> Rows(6)
    read = rows[1] -> Readout()
    output y = read
}
block Readout {
    input x: [B, L, 6]
    mixed = x -> MultiheadAttention(x, x, 6, 2)
    output y = mixed
}
"""


def first(module: nn.Module, *given: Tensor) -> Tensor:
    y: Tensor = module(*given)[0]
    return y


def test_recurrent_layers_are_pytorchs() -> None:
    torch.manual_seed(0)
    compiled = model_of("GRU(6, num_layers = 2, bidirectional = true)", {"x": "[B, L, 4]"})
    plain = nn.GRU(4, 6, num_layers=2, batch_first=True, bidirectional=True)
    for length in (1, 7):
        assert_like(compiled, plain, first, torch.randn(2, length, 4))
        compiled.module.zero_grad()
        plain.zero_grad()
    lstm = model_of("LSTM(5, bidirectional = true)", {"x": "[B, L, 4]"})
    y = assert_like(lstm, nn.LSTM(4, 5, batch_first=True, bidirectional=True), first, torch.randn(3, 6, 4))
    assert y.shape == (3, 6, 10)


def test_attention_is_pytorchs_with_a_mask_and_without() -> None:
    inputs = {"x": "[B, N, 8]", "k": "[B, M, 5]", "v": "[B, M, 6]"}
    given = torch.randn(2, 3, 8), torch.randn(2, 4, 5), torch.randn(2, 4, 6)
    plain = nn.MultiheadAttention(8, 2, kdim=5, vdim=6, batch_first=True)
    assert_like(model_of("MultiheadAttention(k, v, 8, 2)", inputs), plain, first, *given)
    mask = torch.tensor([[False, True, False, False], [False] * 4])
    plain.zero_grad()
    call = "MultiheadAttention(k, v, 8, 2, key_padding_mask = m)"
    masked = model_of(call, inputs | {"m": "bool[B, M]"})
    assert_like(masked, plain, lambda module, q, k, v, m: module(q, k, v, m)[0], *given, mask)


def test_a_transformer_layer_is_pytorchs() -> None:
    compiled = model_of("TransformerEncoderLayer(8, 2, dropout = 0.0, norm_first = true)", {"x": "[B, N, 8]"})
    plain = nn.TransformerEncoderLayer(8, 2, 32, 0.0, batch_first=True, norm_first=True)
    assert_like(compiled, plain, lambda module, x: module(x), torch.randn(2, 5, 8))


def test_a_face_of_ones_own_needs_no_trust_and_keeps_pytorchs_names() -> None:
    compiled = getdsl.compile_text(ROWS, seed=1)
    assert not compiled.spec.foreign_code
    names = list(compiled.module.state_dict())
    assert {"rows.0.weight_ih_l0", "rows.1.bias_hh_l0", "read.mixed.out_proj.weight"} < set(names)
    assert sorted(tensor.name for tensor in compiled.spec.graph.tensors()) == sorted(names)
    assert compiled.module(torch.randn(2, 3, 4))["y"].shape == (2, 3, 6)


def test_files_carry_the_modules(tmp_path: Path) -> None:
    compiled = getdsl.compile_text(ROWS, seed=1)
    write_package(compiled, tmp_path / "out")
    for source in ((tmp_path / "out" / "model.py").read_text(), standalone(compiled.graph, "Rows.").source):
        assert "nn.RNN(4, 8, batch_first=True)" in source
    spec = importlib.util.spec_from_file_location("written", tmp_path / "out" / "model.py")
    assert spec is not None
    assert spec.loader is not None
    written = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(written)
    x = torch.randn(2, 3, 4)
    torch.testing.assert_close(written.load()(x)["y"], compiled.module.eval()(x)["y"])


def test_exported_with_free_sizes() -> None:
    """A recurrent layer has one length in an exported graph, which `compile` tells; these have any."""
    compiled = model_of("TransformerEncoderLayer(8, 2)", {"x": "[B, N, 8]"})
    module, free = compiled.module.eval(), torch.export.Dim.AUTO
    exported = torch.export.export(module, (torch.randn(2, 5, 8),), dynamic_shapes=({0: free, 1: free},))
    x = torch.randn(3, 9, 8)
    torch.testing.assert_close(exported.module()(x)["y"], module(x)["y"])


def test_check_asks_a_process_of_its_own(tmp_path: Path) -> None:
    """Torch is not imported, and what was asked once is kept."""
    (tmp_path / "spec.get").write_text(ROWS)
    code = f"""
import os, sys
os.environ["XDG_CACHE_HOME"] = {str(tmp_path / "cache")!r}
from getdsl.compiler.check import check
from getdsl.compiler.elaborate import torch_facts
assert check({str(tmp_path / "spec.get")!r}).spec is not None
torch_facts._facts.cache_clear()
torch_facts._asked = None  # nothing is asked again
assert check({str(tmp_path / "spec.get")!r}).spec is not None
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_number_that_is_no_row_is_told_with_its_place() -> None:
    table = Embedding(num_embeddings=4, dim=3)
    torch.testing.assert_close(table(torch.tensor([[1, 3]])), table.weight[[1, 3]][None])
    with pytest.raises(
        ValueError, match=r"number 9 at \[1, 0\] is no row of a table of 4: rows count from 0 to 3"
    ):
        table(torch.tensor([[1, 3], [9, 0]]))
    with pytest.raises(ValueError, match=r"number -1 at \[0\]"):
        table(torch.tensor([-1]))
    assert table(torch.zeros(0, 2, dtype=torch.int64)).shape == (0, 2, 3)


def test_words_of_faces_are_names_elsewhere() -> None:
    found = check_text(
        "model M { input x: [B, 4]\n call = x + 1\n take = call * 2\n apply = take\n output y = apply }"
    )
    assert found.spec is not None
