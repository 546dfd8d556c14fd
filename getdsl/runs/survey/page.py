"""A survey as one HTML page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from getdsl.runs.page.html import document, picture, table, wide
from getdsl.runs.survey.first import Sample
from getdsl.runs.survey.picture import histograms
from getdsl.runs.survey.speed import Speed
from getdsl.runs.survey.survey import Survey
from getdsl.runs.survey.tally import KeyFigures
from getdsl.runs.survey.words import KEYS, key_row, looked_at, part_row, speed_line
from getdsl.text.whole import whole_file

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .25rem .9rem .25rem 0 }
tr { border-bottom: 1px solid #ddd }
th { font-weight: 600; color: #555 } td.number, th.number { text-align: right; white-space: nowrap }
code { font-family: ui-monospace, monospace; font-size: .92em } img { max-width: 100% }
.warning { color: #a33b00 } .scroll { overflow-x: auto }
"""


def save_page(
    path: Path, name: str, found: Survey, samples: Sequence[Sample] = (), speed: Speed | None = None
) -> None:
    """Writes the page, whole or not at all."""
    with whole_file(path) as aside:
        aside.write_text(page(name, found, samples, speed), encoding="utf-8")


def page(name: str, found: Survey, samples: Sequence[Sample] = (), speed: Speed | None = None) -> str:
    return document(f"{name}: data", STYLE, _body(name, found, samples, speed))


def _body(name: str, found: Survey, samples: Sequence[Sample], speed: Speed | None) -> Iterator[str]:
    yield f"<h1>The data of {escape(name)}</h1>"
    yield f"<p>{found.samples:,} samples, from <code>{escape(found.path)}</code></p>"
    for warning in found.warnings:
        yield f'<p class="warning">warning: {escape(warning)}</p>'
    yield "<h2>Splits</h2>"
    yield table(("split", "samples", "where they lie"), [part_row(part) for part in found.parts], {1})
    yield "<h2>What a batch holds</h2>"
    yield table((*KEYS[:-1], "bases"), list(map(_key, found.keys)), {4, 5, 6})
    yield f"<p>{looked_at(found)}</p>"
    yield picture(histograms(found), "png", "a histogram of each key")
    if speed is not None:
        yield f"<h2>Speed</h2>\n<p>{escape(speed_line(speed))}</p>"
    if samples:
        yield "<h2>The first samples</h2>"
        heads = ("split", *samples[0].table, *samples[0].keys)
        rows = [(each.split, *each.table.values(), *each.keys.values()) for each in samples]
        yield wide(table(heads, rows))


def _key(key: KeyFigures) -> Sequence[str]:
    """A key's cells without the histogram of characters: there is a picture."""
    *cells, bases = key_row(key)
    return (*cells, bases if key.letters else "")
