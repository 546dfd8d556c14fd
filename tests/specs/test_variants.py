"""What the GET family needs of the language: removed terms, absent batch keys, rebinding children."""

from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.lower import Compiled

PARENT = """model Parent {
    input x: [B, 4]
    hidden = x -> Linear(3)
    total  = hidden
    output exp = total
}
loss    { exp = MSE(exp, batch.label) }
metrics { exp = [mse] }
"""


def child(tmp_path: Path, text: str) -> Path:
    (tmp_path / "parent.get").write_text(PARENT)
    path = tmp_path / "child.get"
    path.write_text('use "parent.get"\n' + text)
    return path


def test_a_child_removes_a_term_and_its_metrics(tmp_path: Path) -> None:
    body = "model Child extends Parent { remove exp output atac = hidden }\n"
    loss = "loss { remove exp atac = MSE(atac, batch.atac) }\n"
    compiled = getdsl.compile(child(tmp_path, body + loss + "metrics { atac = [mse] }\n"))
    batch = {"x": torch.rand(2, 4), "atac": torch.rand(2, 3)}
    outputs = compiled.module(x=batch["x"])
    assert compiled.loss(outputs, batch).keys() == {"atac", "total"}
    assert compiled.metrics(outputs, batch).keys() == {"atac"}


def test_a_term_that_no_parent_has_cannot_be_removed(tmp_path: Path) -> None:
    [problem] = getdsl.check(
        child(tmp_path, "model Child extends Parent { }\nloss { remove ex }\n")
    ).diagnostics
    assert problem.code == "GET209"
    assert "did you mean `exp`" in (problem.help or "")


def test_a_replaced_output_sees_what_its_own_file_binds_above_it(tmp_path: Path) -> None:
    text = "model Child extends Parent { total = hidden if true { total = total * 2 } output exp = total }\n"
    compiled = getdsl.compile(child(tmp_path, text), seed=0)
    plain = getdsl.compile(tmp_path / "parent.get", seed=0)
    x = torch.rand(2, 4)
    torch.testing.assert_close(compiled.module(x=x)["exp"], 2 * plain.module(x=x)["exp"])


OPTIONAL = """model Optional {
    input x: [B, R, 2]
    shared = Linear(1)
    y      = x -> shared
    output pairs = outer_sum(squeeze(y, 2))
}
loss { pairs = MSE(pairs, (batch.matrix -> KnownContacts(pairs)) ?? detach(pairs) + 1) }
"""


@pytest.fixture
def optional(tmp_path: Path) -> Compiled:
    path = tmp_path / "optional.get"
    path.write_text(OPTIONAL)
    return getdsl.compile(path)


@pytest.mark.parametrize("matrix", [None, torch.zeros(0), torch.zeros(2)], ids=["absent", "empty", "flat"])
def test_a_key_that_is_absent_empty_or_of_another_rank(
    optional: Compiled, matrix: torch.Tensor | None
) -> None:
    batch = {"x": torch.rand(2, 3, 2)} | ({} if matrix is None else {"matrix": matrix})
    loss = optional.loss(optional.module(x=batch["x"]), batch)
    torch.testing.assert_close(loss["total"].detach(), torch.tensor(1.0))


def test_a_key_that_is_there(optional: Compiled) -> None:
    batch = {"x": torch.rand(2, 3, 2), "matrix": torch.rand(2, 3, 3) + 0.1}
    outputs = optional.module(x=batch["x"])
    want = (outputs["pairs"] - batch["matrix"]).square().mean()
    torch.testing.assert_close(optional.loss(outputs, batch)["total"], want)
