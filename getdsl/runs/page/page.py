"""`report.html`: figures, pictures, history, weights, environment and spec of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from getdsl.formats.json_values import Json
from getdsl.highlighting.html import highlighted
from getdsl.runs.evaluation.report import SPLIT_NAMES, number, shown_name, write_text
from getdsl.runs.outcome.files import LOG, PAGE, SPEC
from getdsl.runs.page.contents import Contents
from getdsl.runs.page.html import document, picture, table, wide
from getdsl.runs.page.style import STYLE

MOST_ROWS = 200  # of the history
BROAD = 1.7  # a picture that is so much wider than high takes the whole width
MOST_SVG = 2 << 20  # bytes; a larger picture is shown as its PNG
UNITLESS = ("pearson", "spearman", "r2")


def write_page(folder: Path) -> None:
    """Raises UserError where it cannot be written."""
    write_text(folder / PAGE, page(Contents.of(folder)))


def page(run: Contents) -> str:
    """The page of a finished run; what its folder lacks is left out."""
    model = str(run.metrics.get("model_name", run.folder.name))
    return document(f"{model}: run", STYLE, _body(run, model))


def _body(run: Contents, model: str) -> Iterator[str]:
    yield f"<h1>{escape(model)}</h1>"
    yield f'<p class="soft">{escape(where(run))}</p>'
    yield from cards(run.figures("model"), run.figures("baseline"))
    yield "<h2>Figures</h2>"
    yield wide(figures_table(run))
    if run.pictures:
        yield "<h2>Pictures</h2>"
        yield f'<div class="pictures">{"".join(_picture(*each) for each in run.pictures.items())}</div>'
    if run.history:
        yield "<h2>History</h2>"
        yield wide(_history(run.history))
    if run.plan:
        yield "<h2>Weights</h2>"
        yield f"<pre>{escape(run.plan)}</pre>"
    if run.environment:
        yield "<h2>Environment</h2>"
        yield wide(f'<div class="facts">{table((), _facts(run.environment))}</div>')
    for name, text in run.spec.items():
        yield f"<h2>{escape('Spec' if name == SPEC else name)}</h2>"
        yield f"<pre>{highlighted(text)}</pre>"
    if run.log:
        yield f"<h2>Log</h2><details><summary>{LOG}</summary><pre>{escape(run.log)}</pre></details>"


def where(run: Contents) -> str:
    """What the figures were measured on, and of which weights, in a line."""
    metrics = run.metrics
    split = SPLIT_NAMES.get(str(metrics.get("split")), "")
    samples, chromosomes = metrics.get("samples"), metrics.get("chromosomes")
    parts = [
        f"{split}: {samples:,} samples" if isinstance(samples, int) else split,
        ", ".join(map(str, chromosomes[:12])) if isinstance(chromosomes, list) else "",
        f"seed {metrics['seed']}" if "seed" in metrics else "",
        _kept(metrics.get("best")),
        f"spec {str(metrics.get('spec_sha256', ''))[:12]}",
    ]
    return "  ·  ".join(filter(None, parts))


def _kept(best: Json) -> str:
    if not isinstance(best, dict) or "epoch" not in best:
        return ""
    value = best.get("value")
    why = f" (best {best['monitor']} {number(value)})" if isinstance(value, int | float) else ""
    return f"epoch {best['epoch']:g}{why}"


# -- figures


def cards(model: Mapping[str, float | None], baseline: Mapping[str, float | None]) -> Iterator[str]:
    """The figures to look at first, each beside the baseline's."""
    shown = [name for name in model if name.endswith(UNITLESS)][:6] or list(model)[:1]
    cards = [
        f'<div class="card"><span>{escape(shown_name(name))}</span><b>{number(model[name])}</b>'
        + (f"<span>baseline {number(baseline[name])}</span>" if name in baseline else "")
        + "</div>"
        for name in shown
    ]
    yield f'<div class="cards">{"".join(cards)}</div>'


def figures_table(run: Contents) -> str:
    """All figures, of the model and of the baseline."""
    model, baseline = run.figures("model"), run.figures("baseline")
    rows = [("model", *map(number, model.values()))]
    if baseline:
        rows.append((run.baseline_name, *(number(baseline.get(name)) for name in model)))
    return table(("", *map(shown_name, model)), rows, range(1, len(model) + 1))


def _history(history: Sequence[Mapping[str, str]]) -> str:
    heads = list(history[0])
    rows = [[_cell(row.get(name) or "") for name in heads] for row in history[-MOST_ROWS:]]
    return table([name.replace("_", " ") for name in heads], rows, range(len(heads)))


def _cell(text: str) -> str:
    """A figure of the history with as many digits as are read."""
    try:
        return text if re.fullmatch(r"-?\d*", text) else f"{float(text):.4g}"
    except ValueError:
        return text


def _facts(values: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield name, ", ".join(f"{key} {item}" for key, item in value.items())
        else:
            yield name.replace("_", " "), str(value)


# -- pictures


def _picture(name: str, files: Mapping[str, bytes]) -> str:
    svg = files.get("svg", b"")
    kind, data = ("svg+xml", svg) if 0 < len(svg) <= MOST_SVG else ("png", files.get("png", b""))
    broad = " class=broad" if _is_broad(files.get("svg", b"")) else ""
    return f"<figure{broad}>{picture(data, kind, name.replace('_', ' '))}</figure>"


def _is_broad(svg: bytes) -> bool:
    """Whether a picture is much wider than high, by its own word."""
    size = re.search(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg[:4096])
    return size is not None and float(size[1]) > BROAD * float(size[2])
