"""A spec, where its weights come from, its data and how it is run: what all commands on a model share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.lower.build import extern_class
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.splits import Split
from getdsl.diagnostics import UserError
from getdsl.formats.json_values import plain
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.origins import FromCheckpoint, Origin
from getdsl.runs.opened.samples import ALL, SPLITS, open_source, split_source
from getdsl.runs.opened.strands import Turn, reverse_complement_of
from getdsl.runs.ranks.whole_batch import Read
from getdsl.runs.run_folder.checkpoint import read_checkpoint
from getdsl.runs.run_folder.spec_record import restore_spec


@dataclass(frozen=True)
class Session:
    """Each part is made when it is first asked for, and once; Lightning is not imported."""

    spec: Spec
    origin: Origin
    options: Options = DEFAULTS

    own: ClassVar[bool] = True  # whether its samples are those of the run

    @staticmethod
    @contextmanager
    def open(
        path: Path, options: Options = DEFAULTS, overrides: Overrides | None = None
    ) -> Iterator[Session]:
        """A checkpoint, or the best one in a run's folder, with its spec, other settings on top.

        Files that the checkpoint carries along are there as long as the block lasts. Python that the spec
        names runs where the checkpoint is trusted: the text is the checkpoint's, whatever path it claims.
        Raises UserError, and SpecError where the spec no longer checks.
        """
        checkpoint = read_checkpoint(path)
        if "spec" not in checkpoint.record:
            raise UserError(f"`{path}` holds no spec", "name a checkpoint that `getdsl train` wrote")
        extra = overrides or Overrides()
        given = {name: plain(item.value) for name, item in extra.items.items()}
        with TemporaryDirectory() as spare:
            spec = restore_spec(checkpoint.record["spec"], extra, Path(spare))
            assert checkpoint.header is not None
            (file,) = checkpoint.header.paths
            code = tuple(replace(item, file=file) for item in spec.foreign_code)
            origin = FromCheckpoint(path, checkpoint, given)
            yield Session(replace(spec, foreign_code=code), origin, options)

    @property
    def stored(self) -> FromCheckpoint:
        """The checkpoint of a session that was opened from one."""
        assert isinstance(self.origin, FromCheckpoint)
        return self.origin

    @property
    def threads(self) -> int | None:
        """Those that were asked for, or those that the run had."""
        origin = self.origin
        run = origin.record["threads"] if isinstance(origin, FromCheckpoint) else None
        return self.options.threads or run

    @property
    def trained_on(self) -> str | None:
        """sha256 of the data that the weights were trained on, where a checkpoint says it."""
        return self.origin.record["data"]["sha256"] if isinstance(self.origin, FromCheckpoint) else None

    # -- the model

    @cached_property
    def compiled(self) -> Compiled:
        """The model with its weights. Raises SpecError or UserError."""
        refuse_untrusted(self.spec, self.options.trust)
        return self.origin.build(self.spec, self.settings.seed, self.options)

    @property
    def settings(self) -> TrainSettings:
        return self.spec.train

    # -- the data

    @property
    def data(self) -> Data | None:
        """What the samples are read as."""
        return self.spec.data

    @cached_property
    def source(self) -> DataSource:
        return open_source(self.spec)

    @cached_property
    def splits(self) -> Split:
        return split_source(self.spec, self.source)

    def indices(self, split: str) -> Indices:
        """The samples of a split, or `all`."""
        if split == ALL:
            return np.arange(len(self.source), dtype=np.int64)
        found: Indices = getattr(self.splits, split)
        return found

    def turn_of(self, source: DataSource) -> Turn | None:
        """The other strand, where the run averages over both and nothing that it measures turns with it."""
        if not self.settings.reverse_complement:
            return None
        turn = reverse_complement_of(source, self.spec)
        declared = self.spec.data
        if declared is None or declared.whole is not None:
            return turn  # whose first batch tells
        readers = [declared.readers[key] for key in Read.of(self.spec).keys if key in declared.readers]
        return None if any(extern_class(each.extern)(**each.params).turns for each in readers) else turn

    @property
    def default_split(self) -> str:
        """The test set, or what there is of the others."""
        return next(name for name in SPLITS if len(self.indices(name)))
