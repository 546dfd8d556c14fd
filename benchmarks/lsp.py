"""How soon the language server answers: diagnostics after an edit and completion, beside a whole new check.

The spec has some 300 lines: it uses GET and the zoo, extends a model of GET, and has blocks, models and
sections of its own. Edits of each kind are made at random places in one process, as a client sends them, and
taken back, which is not measured. The time is from the change to the diagnostics, without the wait for a
pause in typing, in milliseconds of the processor. Prints medians and 95th percentiles, adds them to
benchmarks/results/lsp.csv, and exits 1 where the median of all edits or of completion is over its limit. It
fails where the server says other than a check of the text.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from lsprotocol import types
from recording import add_row, circumstances, processor

from getdsl.compiler.check import check_text
from getdsl.compiler.program import SPECS
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.lsp.server import Server
from getdsl.lsp.wire.diagnostics import message
from getdsl.text.source import SourceFile

RESULTS = Path(__file__).parent / "results" / "lsp.csv"
EDIT_MS, COMPLETION_MS = 100.0, 50.0
LINES = 310
OWN = ("akita", "aparent2", "puffin", "sei", "danq")  # whose definitions stand in the spec itself
HEAD = 'use "getdsl:get/finetune.get"\nuse "getdsl:zoo/basenji2.get"\n\n'
TAIL = '''
block Head {
    """Two layers over each peak."""
    param width: int = 128
    input x: [B, R, D]

    hidden = x -> Linear(width)
    normed = gelu(hidden) -> LayerNorm(width)
    score  = normed -> Linear(1)
    output y: [B, R, 1] = score
}

model Mine extends Finetune {
    """GET with a head of its own."""
    param width: int = 64

    # the head reads what the encoder gives
    own = encoder -> Head(width = width)
    output atac = softplus(own)
}

loss { atac = PoissonNLL(atac, batch.atac_label, log_input = false) }

train {
    epochs     = 10
    batch_size = 16
}
'''


def definitions(name: str) -> str:
    """The blocks and models of a spec of the zoo, without its sections."""
    path = SPECS / "zoo" / f"{name}.get"
    tree = parse(SourceFile(str(path), path.read_text(encoding="utf-8"), path), Diagnostics())
    return "\n\n".join(item.span.text for item in tree.items if isinstance(item, syntax.Definition))


def spec() -> str:
    parts = [definitions(name) for name in OWN]
    while len("\n\n".join(parts).splitlines()) > LINES - len((HEAD + TAIL).splitlines()):
        parts.pop()
    return HEAD + "\n\n".join(parts) + "\n" + TAIL


# ---- edits


def digit(random: Random, text: str) -> str:
    """Another number in the body of the main model."""
    start = text.index("model Mine")
    return text[:start] + re.sub(
        r"width: int = \d+", f"width: int = {random.randrange(65, 999)}", text[start:]
    )


def line(random: Random, text: str) -> str:
    """A new line between two."""
    at = _end_of_line(random, text)
    return text[:at] + "\n" + text[at:]


def comment(random: Random, text: str) -> str:
    at = _end_of_line(random, text)
    return f"{text[:at]}  # {random.random()}{text[at:]}"


def name(random: Random, text: str) -> str:
    """A name that has become another, which is wrong or breaks what reads it."""
    place = random.choice([*re.finditer(r"^    (\w+)(?= *= )", text, re.MULTILINE)])
    return f"{text[: place.end()]}_{text[place.end() :]}"


def block(random: Random, text: str) -> str:
    """Another number in the block that the main model calls."""
    return text.replace("param width: int = 128", f"param width: int = {random.randrange(129, 999)}")


def model(random: Random, text: str) -> str:
    """Another default of a param of the first model that stands beside the main one."""
    found = re.search(r"param \w+: int = \d+", text)
    assert found is not None
    return f"{text[: found.end()]}{random.randrange(10)}{text[found.end() :]}"


EDITS: tuple[Callable[[Random, str], str], ...] = (digit, line, comment, name, block, model)


def _end_of_line(random: Random, text: str) -> int:
    return random.choice([match.start() for match in re.finditer(r"(?<![\"])$(?=\n)", text, re.MULTILINE)])


# ---- the server, as a client drives it


class Client:
    """One document, and what was published of it."""

    def __init__(self, folder: Path) -> None:
        self.uri = (folder / "mine.get").as_uri()
        self.server = Server()
        self.published: types.PublishDiagnosticsParams | None = None
        self.server.publisher.publish = self._take
        self.version = 1

    def _take(self, params: types.PublishDiagnosticsParams) -> None:
        self.published = params

    def open(self, text: str) -> None:
        item = types.TextDocumentItem(self.uri, "get", self.version, text)
        self.server.did_open(types.DidOpenTextDocumentParams(item))
        self.server.check_now()

    def write(self, before: str, after: str) -> float:
        """Milliseconds from a change to the diagnostics; as editors do, only what differs is sent."""
        change = _difference(self.server, before, after)
        self.version += 1
        item = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        started = time.process_time()
        self.server.did_change(types.DidChangeTextDocumentParams(item, [change]))
        self.server.check_now()
        spent = 1e3 * (time.process_time() - started)
        assert self.published is not None
        assert self.published.version == self.version
        return spent

    def complete(self, offset: int) -> tuple[float, int]:
        """Milliseconds, and how many candidates there are."""
        document = self.server.known.documents[self.uri]
        position = self.server.places.position(document.text, offset)
        params = types.CompletionParams(types.TextDocumentIdentifier(self.uri), position)
        started = time.process_time()
        found: Any = self.server.protocol.fm.features[types.TEXT_DOCUMENT_COMPLETION](params)
        return 1e3 * (time.process_time() - started), len(found.items)

    def messages(self) -> list[str]:
        assert self.published is not None
        return [item.message for item in self.published.diagnostics]


def _difference(server: Server, before: str, after: str) -> types.TextDocumentContentChangePartial:
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    shorter = min(len(before), len(after)) - same
    behind = next((i for i in range(shorter) if before[-1 - i] != after[-1 - i]), shorter)
    ends = [server.places.position(before, at) for at in (same, len(before) - behind)]
    return types.TextDocumentContentChangePartial(types.Range(*ends), after[same : len(after) - behind])


# ---- measuring


def checked(text: str, path: Path) -> tuple[float, list[str]]:
    """Milliseconds of a whole check of a text, and what it says."""
    started = time.process_time()
    found = check_text(text, str(path)).diagnostics
    return 1e3 * (time.process_time() - started), [message(item) for item in found]


def measure(folder: Path, edits: int, seed: int) -> dict[str, list[float]]:
    """Milliseconds of each edit by its kind, of a whole check after it, and of completion."""
    random, text, client = Random(seed), spec(), Client(folder)
    client.open(text)
    assert client.messages() == [], client.messages()
    found: dict[str, list[float]] = {"all edits": [], "whole check": [], "completion": []}
    for edit in EDITS:
        for _ in range(edits):
            after = edit(random, text)
            found.setdefault(edit.__name__, []).append(client.write(text, after))
            found["all edits"].append(found[edit.__name__][-1])
            spent, said = checked(after, folder / "mine.get")
            found["whole check"].append(spent)
            assert client.messages() == said, f"{edit.__name__}: {client.messages()} is not {said}"
            client.write(after, text)
            found["completion"].append(completion(client, text, random))
    return found


def completion(client: Client, text: str, random: Random) -> float:
    """A name is begun behind an arrow, and completion is asked for at once."""
    place = random.choice([*re.finditer(r"-> \w", text)])
    begun = text[: place.end()] + text[place.end() :].lstrip(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    change = _difference(client.server, text, begun)
    client.version += 1
    item = types.VersionedTextDocumentIdentifier(client.version, client.uri)
    client.server.did_change(types.DidChangeTextDocumentParams(item, [change]))
    spent, candidates = client.complete(place.end())
    assert candidates > 0
    client.write(begun, text)
    return spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--edits", type=int, default=10, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder).resolve(), args.edits, args.seed)
    lines = len(spec().splitlines())
    for kind, values in found.items():
        row = {"kind": kind, "lines": lines, "median_ms": statistics.median(values), "p95_ms": _p95(values)}
        print(f"{kind:12} median {row['median_ms']:6.1f} ms, 95 % within {row['p95_ms']:6.1f} ms")
        add_row(RESULTS, {**circumstances(processor()), **row})
    late = statistics.median(found["all edits"]) > EDIT_MS
    return int(late or statistics.median(found["completion"]) > COMPLETION_MS)


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


if __name__ == "__main__":
    sys.exit(main())
