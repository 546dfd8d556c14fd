"""A trained model in Python: `getdsl.open("runs/x")`, and what the commands do, as frames and arrays."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from getdsl.api.front import Params, checked_spec
from getdsl.compiler.constants.overrides import Override, Overrides
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.spec import Spec
from getdsl.data.extras import optional
from getdsl.diagnostics import UserError
from getdsl.displayed import Displayed
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.origins import FromCheckpoint, FromFile, FromPlan
from getdsl.runs.opened.samples import SPLITS, reading
from getdsl.runs.opened.session import Session
from getdsl.trust import trust_of
from getdsl.weights.sniff import is_checkpoint

Samples = str | Path | Sequence[str]  # a split, a file, or places
PLACE = re.compile(r"(?P<chrom>[^:\s]+):(?P<start>[\d,]+)-(?P<end>[\d,]+)(\((?P<strand>[+-])\))?")
FASTA = (".fa", ".fasta", ".fna", ".fa.gz", ".fasta.gz", ".fna.gz")


class OpenedRun(Displayed, by="runs:opened"):
    """A spec, its weights and its data. It closes at the end of a `with`, by `close`, or when it is gone."""

    def __init__(self, session: Session, held: ExitStack) -> None:
        self._session = session
        self._end = weakref.finalize(self, held.close)

    def close(self) -> None:
        """Takes away what was written for it; it cannot be used afterwards."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.closed:
            return "<a run that is closed>"
        outputs = ", ".join(f"{name} {type}" for name, type in self.spec.graph.output_types().items())
        return f"<{self.spec.model}: {outputs}>"

    @property
    def closed(self) -> bool:
        return not self._end.alive

    @property
    def folder(self) -> Path | None:
        """The run's folder, where that is what was opened."""
        origin = self.session.origin
        return origin.path if isinstance(origin, FromCheckpoint) and origin.path.is_dir() else None

    @property
    def session(self) -> Session:
        """What all commands on a model share. Raises UserError where it is closed."""
        if self.closed:
            raise UserError("the run is closed", "open it again with `getdsl.open`")
        return self._session

    @property
    def spec(self) -> Spec:
        return self.session.spec

    @property
    def compiled(self) -> Compiled:
        """The model with its weights, as `getdsl.compile` gives it."""
        return self.session.compiled

    def predict(self, samples: Samples | None = None, *, outputs: Sequence[str] = ()) -> Any:
        """The outputs as an xarray.Dataset, with what identifies the samples as coordinates.

        `samples` is a split, a BED file, a FASTA file, or places such as `chrIV:1000-1500`; by default the
        test set. All of it is in memory; `getdsl predict` streams. Raises UserError.
        """
        from getdsl.runs.predict.in_memory import dataset_of
        from getdsl.runs.predict.wanted import Wanted

        with ExitStack() as spare:
            return dataset_of(self.session, Wanted(**_asked(samples, spare), outputs=tuple(outputs)))

    def evaluate(self, samples: Samples | None = None, *, by: Sequence[str] = ()) -> Any:
        """The figures of a split, or of the regions of a file, as a pandas.DataFrame, a row a term.

        `by` tells celltype, chrom or track apart. Raises UserError.
        """
        from getdsl.runs.evaluation.evaluate import tables_of
        from getdsl.runs.predict.wanted import Wanted

        pandas = _pandas("evaluate")
        with ExitStack() as spare:
            rows = tables_of(self.session, Wanted(**_asked(samples, spare)), by)
        return pandas.DataFrame(rows)

    def genes(self, samples: Samples | None = None, *, annotation: str | Path | None = None) -> Any:
        """A row a gene, as `getdsl predict --genes` writes it, as a pandas.DataFrame. Raises UserError."""
        from getdsl.runs.genes.table import gene_table
        from getdsl.runs.predict.wanted import Wanted

        pandas = _pandas("genes")
        with ExitStack() as spare:
            wanted = Wanted(**_asked(samples, spare))
            rows = gene_table(self.session, wanted, Path(annotation) if annotation is not None else None)
        return pandas.DataFrame(rows)

    def interpret(self, samples: Samples | None = None, *, method: str = "deepshap", **asked: Any) -> Any:
        """Contributions of the model's DNA to an output, or what else `method` gives, as an xarray.Dataset.

        `samples` is as for `predict`, but for a FASTA, which has no place in a genome. `asked` is what
        `getdsl interpret` takes beside: `of`, `wrt`, `genes`, `limit`, `references`, as
        `getdsl.runs.interpret.request.Request` names them. Raises UserError.
        """
        from getdsl.runs.interpret.in_memory import dataset_of
        from getdsl.runs.interpret.request import Request

        with ExitStack() as spare:
            return dataset_of(self.session, Request(method, **_in_genome(samples, spare), **asked))

    def score(
        self, variants: str | Path, *, regions: str | Path | Sequence[str] | None = None, **choices: Any
    ) -> Any:
        """The effects of a file's variants as a pandas.DataFrame, a row an allele and sample that reads it.

        `regions` are a BED file or places, instead of the run's. `choices` are those of `getdsl score`:
        `centred`, `both_strands`, `shifts`, `whole`. Raises UserError.
        """
        from getdsl.runs.score.in_memory import scores_of
        from getdsl.runs.score.scorer import Choices

        pandas = _pandas("score")
        with ExitStack() as spare:
            chosen = Choices(**_in_genome(regions, spare), **choices)
            return pandas.DataFrame(scores_of(self.session, Path(variants), chosen))


def _pandas(needed_by: str) -> Any:
    """Raises UserError where it is absent."""
    with reading():
        return optional("pandas", needed_by, doing="giving")


def _asked(samples: Samples | None, spare: ExitStack) -> dict[str, Any]:
    """What `Wanted` calls some samples; places are written to a BED file that `spare` takes away."""
    if samples is None:
        return {}
    if isinstance(samples, str | Path):
        name = str(samples)
        if name in (*SPLITS, "all"):
            return {"split": name}
        if PLACE.fullmatch(name) is None:
            return {"fasta" if name.lower().endswith(FASTA) else "regions": Path(name)}
        samples = [name]
    return {"regions": _written(samples, Path(spare.enter_context(TemporaryDirectory())))}


def _in_genome(samples: Samples | None, spare: ExitStack) -> dict[str, Any]:
    """The same, for what reads regions of the run's genome. Raises UserError for a FASTA."""
    asked = _asked(samples, spare)
    if "fasta" in asked:
        raise UserError(
            f"`{asked['fasta']}` is a FASTA, whose sequences have no place in the genome", "give a BED file"
        )
    return asked


def _written(places: Sequence[str], folder: Path) -> Path:
    """Places such as `chrIV:1000-1500`, 0-based and half-open, as a BED file. Raises UserError."""
    rows = []
    for place in places:
        found = PLACE.fullmatch(str(place))
        if found is None:
            raise UserError(f"`{place}` is no place", "write `chrIV:1000-1500`, from 0, without the end")
        chrom, start, end = found["chrom"], found["start"].replace(",", ""), found["end"].replace(",", "")
        rows.append(f"{chrom}\t{start}\t{end}\t{place}\t0\t{found['strand'] or '.'}\n")
    path = folder / "places.bed"
    path.write_text("".join(rows), encoding="utf-8")
    return path


# -- opening


def open(
    path: str | Path,
    weights: str | Path | None = None,
    *,
    params: Params | None = None,
    model: str | None = None,
    trust: bool | Iterable[str | Path] = False,
    device: str = "auto",
    threads: int | None = None,
) -> OpenedRun:
    """A run's folder or checkpoint; or a spec, with the weights of a file, or those that it loads itself.

    `params` sets params and settings by path, as `--set` does. `trust` names files whose Python may run, as
    in `compile`. Raises UserError, and SpecError where the spec does not check.
    """
    options = Options(trust=trust_of(trust), device=device, threads=threads, quiet=True)
    with ExitStack() as stack:
        if is_checkpoint(Path(path)):
            if weights is not None:
                raise UserError(f"`{path}` has its weights already", "give a spec, or leave `weights` away")
            session = stack.enter_context(Session.open(Path(path), options, _overrides(params)))
        else:
            spec = checked_spec(path, params, model)
            origin = FromFile(Path(weights)) if weights is not None else FromPlan(spec, options)
            session = Session(spec, origin, options)
        return OpenedRun(session, stack.pop_all())


def _overrides(params: Params | None) -> Overrides:
    found = Overrides()
    for name, value in (params or {}).items():
        found.add(Override(name, value, None, "params"))
    return found
