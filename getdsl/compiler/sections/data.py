"""`data`: where samples come from, and which of them are set aside."""

from collections.abc import Iterator
from typing import Annotated

from getdsl.compiler.sections.declare import Bound, Doc, Table
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes


class Chromosomes(Table):
    """Samples by where they lie."""

    chromosomes: Annotated[
        tuple[str, ...], Doc("all samples of these chromosomes"), Bound(items=1, distinct=True)
    ]


class DataSettings(Table):
    """The section `data`."""

    source: Annotated[
        object,
        Doc('a data source with its arguments: `SequenceRegions("file.zarr")`'),
        Bound(format="source"),
    ]
    hold_out: Annotated[Chromosomes | None, Doc("the test set", "there is none")] = None
    validation: Annotated[Chromosomes | None, Doc("the validation set", "there is none")] = None
    num_region_per_sample: Annotated[
        int | None, Doc("regions of a sample; no source of the library reads it", "none"), Bound(least=1)
    ] = None
    num_workers: Annotated[
        int, Doc("processes that read batches; 0 reads in the run's own"), Bound(least=0)
    ] = 0

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """A sample is in one set only."""
        if self.hold_out is not None and self.validation is not None:
            shared = sorted(set(self.hold_out.chromosomes) & set(self.validation.chromosomes))
            if shared:
                yield mistakes.in_both_splits(shared, settings.place(("validation", "chromosomes")))


KIND = DataSettings
