"""Data sources and what they yield."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.diagnostics.suggest import meant_or_list, suggestion_or_list
from getdsl.text.source import Span

GET601 = Code(
    "GET601",
    "no such data source",
    "`data { source = Name(…) }` names a source of the library or of a used file; `getdsl blocks` "
    "lists them.",
)


def no_such_source(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET601.at(
        place, f"there is no data source `{name}`", help=meant_or_list(name, place, known, "data sources")
    )


GET602 = Code(
    "GET602",
    "the data does not have what the spec reads",
    "Each input binds to the batch key of its name, and a source's face says what its batches hold.",
)


def no_such_key(key: str, source: object, place: Span, known: Iterable[str]) -> Diagnostic:
    """A key of the batch that the loss reads."""
    return GET602.at(
        place, f"`{source}` yields no `{key}`", help=meant_or_list(key, place, known, "keys of the batch")
    )


def input_without_data(name: str, source: str, place: Span | None, known: Iterable[str]) -> Diagnostic:
    return GET602.at(
        place,
        f"the input `{name}` is not in the data: `{source}` yields no such key",
        help=suggestion_or_list(name, known, "keys of the batch"),
    )


def input_unlike_data(
    name: str, wanted: object, source: str, given: object, problem: str, place: Span | None
) -> Diagnostic:
    """`problem` follows what is given, such as ` (4 and 5 differ)`."""
    return GET602.at(
        place,
        f"the input `{name}: {wanted}` does not fit the data: `{source}` yields {given}{problem}",
        help="change the input's declaration, or the source's params",
    )


def derived_unlike_data(
    name: str, wanted: object, found: object, problem: str, place: Span | None
) -> Diagnostic:
    """`problem` follows what is found, such as ` (4 and 5 differ)`."""
    return GET602.at(
        place,
        f"the input `{name}: {wanted}` does not fit what is computed of the batch, {found}{problem}",
        help="change the input's declaration, or the readers' params",
    )


def no_celltypes(place: Span) -> Diagnostic:
    """A path or name holds `{celltype}`."""
    return GET602.at(
        place,
        "`{celltype}` stands for each sample's cell type, and `data` has none",
        help='add `celltypes = ["b_cell", "t_cell"]` to `data`',
    )


def shared_by_celltypes(setting: str, place: Span) -> Diagnostic:
    """Regions and samples name no cell type."""
    return GET602.at(
        place,
        f"`{{celltype}}` cannot stand in `{setting}`: all cell types share them",
        help="name one file; readers in `batch` may differ between cell types",
    )


GET604 = Code(
    "GET604",
    "a source in the wrong place",
    "A source makes whole batches, a genome, regions, samples, or one key of a batch, as the outputs of its "
    "face say. `data` takes either one `source = …` of whole batches, or `regions = …` and `batch { … }`.",
)

_PLACES = {
    "genome": 'a file, or a source of a genome, such as `Consensus("genome.fa", "variants.vcf.gz")`',
    "regions": 'a source of regions, such as `Regions("peaks.bed")`',
    "negatives": "a source of regions, such as `GCMatched(ratio = 1)`",
    "samples": "a source of samples, such as `Windows(size = 200)`",
    "weights": 'a reader, such as `Column("weight")`',
    "batch": "readers, such as `Sequence(length = 1000)`",
}


def other_source(setting: str, source: str, place: Span) -> Diagnostic:
    return GET604.at(place, f"`{source}` is no source for `{setting}`", help=f"it takes {_PLACES[setting]}")


def needs_windows(key: str, reader: str, place: Span) -> Diagnostic:
    return GET604.at(
        place,
        f"`{reader}` reads whole windows, and a sample of `{key}` is a region",
        help="add `samples = Windows(size = 200)` to `data`; windows of one region are `Windows(size = 1)`",
    )


def several_weights(type: object, place: Span) -> Diagnostic:
    return GET604.at(
        place,
        f"a sample has one weight, and this reader yields {type}",
        help=f"it takes {_PLACES['weights']}",
    )


def negatives_in_windows(place: Span) -> Diagnostic:
    return GET604.at(
        place,
        "negatives stand beside regions that are samples by themselves, not in windows of several",
        help="take `negatives` or `samples` away",
    )


def no_batch(place: Span) -> Diagnostic:
    return GET604.at(
        place,
        "`data` says nothing of what a batch holds",
        help="add `batch { sequence = Sequence(length = 1000) }`, or `source = …` of whole batches",
    )


def no_regions(place: Span) -> Diagnostic:
    return GET604.at(
        place,
        "`data` has a `batch` and no `regions`",
        help='add `regions = Regions("peaks.bed", width = 1000)`',
    )


def beside_a_source(place: Span) -> Diagnostic:
    return GET604.at(
        place,
        "this stands beside `source`, which yields whole batches already",
        help="take one of the two away",
    )


def no_whole_batches(source: str, place: Span) -> Diagnostic:
    return GET604.at(
        place,
        f"`{source}` yields no whole batches",
        help="say where it belongs: `regions = …`, `samples = …`, or `batch { key = … }`",
    )


def no_key_of_batch(place: Span) -> Diagnostic:
    return GET604.at(place, "`batch` holds keys: `name = Reader(…)`", help="write `name = Reader(…)`")


GET603 = Code(
    "GET603", "a file is not there yet", "`check` needs no data, so this is a note; `train` needs the file."
)


def not_there_yet(path: object, place: Span) -> Diagnostic:
    """What `check` notes of a file that training reads."""
    return GET603.at(
        place,
        f"`{path}` is not there yet",
        help="check goes on without it; train needs it",
        severity="note",
    )


def absent_data(path: object, place: Span) -> Diagnostic:
    """What stops a run."""
    return GET603.at(place, f"`{path}` is not there", help="a run needs it; `getdsl check` does not")


def absent_checkpoint(path: object, place: Span) -> Diagnostic:
    """What `check` notes and goes on."""
    return GET603.at(
        place,
        f"`{path}` is not there yet",
        help="check goes on without it; plan and train need it",
        severity="note",
    )
