"""A model from its checkpoint alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.lower import build
from getdsl.compiler.lower.adaptation import Adaptation
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import Header
from getdsl.runs.checkpoint import Checkpoint, read_checkpoint
from getdsl.runs.provenance import restore_spec
from getdsl.trust import Trust


@dataclass(frozen=True)
class Restored:
    """A checkpoint with the spec that it carries."""

    path: Path
    checkpoint: Checkpoint
    spec: Spec
    overrides: Mapping[str, Any]  # settings over the run's own, by path

    @property
    def header(self) -> Header:
        assert self.checkpoint.header is not None
        return self.checkpoint.header

    def model(self, *, trust: Trust, fuse: bool = True) -> Compiled:
        """The model with the checkpoint's weights. Raises UserError."""
        refuse_untrusted(self.spec, trust)
        compiled = build(self.spec, fuse=fuse)
        self.fill(compiled)
        return compiled

    def fill(self, compiled: Compiled) -> None:
        """Gives a model made from the spec the checkpoint's weights; adapters are attached, parts frozen.

        Raises UserError where they do not fit.
        """
        adapt_and_fill(compiled, self.checkpoint, self.path)


@contextmanager
def restored(path: Path, overrides: Overrides | None = None) -> Iterator[Restored]:
    """A checkpoint (or the best one in a run's folder) with its spec, other settings on top.

    Files that the checkpoint carries along are there as long as the block lasts. Python that the spec names
    runs where the checkpoint is trusted: the text is the checkpoint's, whatever path it claims. Raises
    UserError, and SpecError where the spec no longer checks.
    """
    checkpoint = read_checkpoint(path)
    if "spec" not in checkpoint.record:
        raise UserError(f"`{path}` holds no spec", "name a checkpoint that `getdsl train` wrote")
    extra = overrides or Overrides()
    given = {name: item.value for name, item in extra.items.items()}
    with TemporaryDirectory() as spare:
        spec = restore_spec(checkpoint.record["spec"], extra, Path(spare))
        assert checkpoint.header is not None
        (file,) = checkpoint.header.paths
        code = tuple(replace(item, file=file) for item in spec.foreign_code)
        yield Restored(path, checkpoint, replace(spec, foreign_code=code), given)


def adapt_and_fill(compiled: Compiled, checkpoint: Checkpoint, path: Path) -> None:
    """Raises UserError where the checkpoint is not one of this model."""
    try:
        if not compiled.adaptation:
            compiled.adapt(Adaptation.of_json(checkpoint.record.get("adaptation", {})), seed=0)
        compiled.load_state_dict(checkpoint.weights)
        compiled.loaded = tuple(checkpoint.record.get("loaded", ()))
    except RuntimeError as error:
        raise UserError(
            f"the weights in `{path}` do not fit the model that its spec makes: {error}",
            "a param was set, or this getdsl builds the model in another way",
        ) from error
