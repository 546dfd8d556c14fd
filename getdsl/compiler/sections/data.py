"""`data`: where samples come from, what a batch holds of them, and which are set aside."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from getdsl.compiler.sections.declare import Bound, Doc, Table
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.settings import Settings
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes

Call = Bound(format="source")


class Held(Table):
    """Samples that are set aside; a sample is where any of these says so."""

    chromosomes: Annotated[
        tuple[str, ...] | None,
        Doc("all samples of these chromosomes", "none by chromosome"),
        Bound(items=1, distinct=True),
    ] = None
    celltypes: Annotated[
        tuple[str, ...] | None,
        Doc("all samples of these cell types", "none by cell type"),
        Bound(items=1, distinct=True),
    ] = None
    regions: Annotated[
        str | None,
        Doc("all samples that overlap a region of this BED file", "none by place"),
        Bound(format="path"),
    ] = None
    column: Annotated[str | None, Doc("a column of the regions' table", "none by column")] = None
    values: Annotated[
        tuple[str, ...] | None, Doc("the values of `column` that are set aside", "none"), Bound(items=1)
    ] = None
    fraction: Annotated[
        float | None,
        Doc("a share of the samples, in blocks of neighbouring regions", "none at random"),
        Bound(above=0, below=1),
    ] = None
    block: Annotated[int, Doc("bp of a block of `fraction`"), Bound(least=1)] = 1_000_000
    seed: Annotated[int, Doc("of the blocks that `fraction` takes"), Bound(least=0)] = 0

    def empty(self) -> bool:
        """Whether nothing is set aside."""
        rules = (self.chromosomes, self.celltypes, self.regions, self.column, self.fraction)
        return all(rule is None for rule in rules)


class DataSettings(Table):
    """The section `data`."""

    source: Annotated[
        object,
        Doc('a source of whole batches: `RegionMotif("file.zarr")`', "the batch is declared"),
        Call,
    ] = None
    genome: Annotated[
        str | None,
        Doc(
            "the genome's FASTA file, plain, gzip or bgzip; or with variants: "
            '`Consensus("genome.fa", "variants.vcf.gz")`',
            "no reader needs one",
        ),
        Bound(format="genome"),
    ] = None
    regions: Annotated[
        object, Doc('the regions, of which each is a sample: `Regions("peaks.bed")`', "see `source`"), Call
    ] = None
    samples: Annotated[
        object, Doc("samples of several regions: `Windows(size = 200)`", "a region is a sample"), Call
    ] = None
    celltypes: Annotated[
        tuple[str, ...] | None,
        Doc("cell types, each a sample of every region", "there are none"),
        Bound(items=1, distinct=True),
    ] = None
    batch: Annotated[
        object, Doc("the keys of a batch: `batch { name = Reader(…) }`", "see `source`"), Call
    ] = None
    rename_chromosomes: Annotated[
        Mapping[str, str] | None,
        Doc("the genome's name of a chromosome that files know by another", "names are the genome's"),
    ] = None
    negatives: Annotated[
        object,
        Doc("regions to train on beside the others: `GCMatched(ratio = 0.25)`", "there are none"),
        Call,
    ] = None
    hold_out: Annotated[Held | None, Doc("the test set", "there is none")] = None
    validation: Annotated[Held | None, Doc("the validation set", "there is none")] = None
    gap: Annotated[
        int, Doc("bp that must lie between training samples and those set aside"), Bound(least=0)
    ] = 0
    per_epoch: Annotated[
        int | None, Doc("training samples of an epoch, drawn anew for each", "all of them"), Bound(least=1)
    ] = None
    eval_samples: Annotated[
        int | None,
        Doc("samples that a split is measured on, the same each time", "all of them"),
        Bound(least=1),
    ] = None
    weights: Annotated[
        object, Doc('how often a sample is drawn: `Column("w")`', "all equally often"), Call
    ] = None
    balance: Annotated[str | None, Doc("a column whose values are drawn equally often", "as they are")] = None
    store: Annotated[
        str | None,
        Doc(
            "where `getdsl prepare` writes the batches, which are then read from it",
            "files are read directly",
        ),
        Bound(format="path"),
    ] = None
    num_workers: Annotated[
        int, Doc("processes that read batches; 0 reads in the run's own"), Bound(least=0)
    ] = 0

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """A sample is in one set only, and what is set aside is said whole."""
        for name in ("hold_out", "validation"):
            held: Held | None = getattr(self, name)
            if held is None or name in settings.wrong:
                continue
            if held.empty():
                yield mistakes.nothing_held(name, settings.place((name,)))
            if (held.column is None) != (held.values is None):
                yield mistakes.column_without_values(name, settings.place((name,)))
            if held.celltypes is not None:
                yield from self._unknown_celltypes(name, held.celltypes, settings)
        for rule in ("chromosomes", "celltypes"):
            yield from self._in_both(rule, settings)

    def _unknown_celltypes(
        self, name: str, wanted: tuple[str, ...], settings: Settings
    ) -> Iterator[Diagnostic]:
        for each in wanted:
            if self.celltypes is not None and each not in self.celltypes:
                yield mistakes.no_such_celltype(each, settings.place((name, "celltypes")), self.celltypes)

    def _in_both(self, rule: str, settings: Settings) -> Iterator[Diagnostic]:
        test, validation = (getattr(item, rule, None) or () for item in (self.hold_out, self.validation))
        shared = sorted(set(test) & set(validation))
        if shared:
            yield mistakes.in_both_splits(shared, settings.place(("validation", rule)))


KIND = DataSettings
