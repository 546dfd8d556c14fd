"""`metrics` of a config, as what differs from the parent's."""

from __future__ import annotations

from collections.abc import Collection

from getdsl.compiler.sections.measured import METRICS
from getdsl.grammar import syntax
from getdsl.importing.config import inside
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import term_lines
from getdsl.importing.loss import home
from getdsl.importing.parent import Parent

TSS = "batch.mask > 0"


class MetricsImport:
    """Metrics follow the terms of the loss that the spec has, `losses`."""

    def __init__(self, ledger: Ledger, parent: Parent | None, losses: Collection[str]) -> None:
        self.ledger = ledger
        self.parent = parent
        self.losses = losses
        measured = parent.terms("metrics") if parent is not None else {}
        self.measured = {name: term for name, term in measured.items() if name in losses}

    def run(self, homes: tuple[str, ...]) -> list[str]:
        """The lines of the section; `homes` are the paths that it may stand under."""
        at = home(self.ledger, homes, "metrics")
        lines = self.metrics(at) if at is not None else []
        self.tss(lines)
        return lines

    def metrics(self, at: str) -> list[str]:
        base = f"{at}.components" if self.ledger.has(f"{at}.components") else at
        components = self.ledger.table(base)
        rows = [(name, self.row(name, inside(base, name))) for name in components.entries]
        gone = [name for name in self.measured if components.entries and name not in components.entries]
        return [
            *term_lines([(name, text, "") for name, text in rows if text is not None]),
            *(f"    remove {name}" for name in gone),
        ]

    def row(self, name: str, path: str) -> str | None:
        """The metrics of a term, where they differ from the parent's and there are any."""
        wanted = self.names(path)
        if self.parent is not None and name not in self.losses:
            self.ledger.none(path, "metrics follow the term of the loss of their name", "metrics")
        elif not name.isidentifier():
            self.ledger.none(path, "no term can have this name", "metrics")
        elif name in self.measured and wanted == _names(self.measured[name]):
            self.ledger.default(path, f"metrics.{name}")
        else:
            return self.written(name, path, wanted)
        return None

    def written(self, name: str, path: str, wanted: list[str]) -> str | None:
        known = [item for item in wanted if item in METRICS]
        left = [item for item in wanted if item not in METRICS]
        note = f"without {', '.join(left)}: there is no such metric here" if left else None
        if not known:
            self.ledger.none(path, note or "no metrics are named", "metrics")
            return None
        self.ledger.written(path, f"metrics.{name}", note, "metrics")
        return f"[{', '.join(known)}]"

    def names(self, path: str) -> list[str]:
        value = self.ledger.take(path)
        return [str(item) for item in (value if isinstance(value, list) else [value]) if item is not None]

    def tss(self, lines: list[str]) -> None:
        """GET's `eval_tss`: the metrics of `exp` over the regions with a start of transcription."""
        if self.ledger.take("eval_tss") is not True:
            self.ledger.default("eval_tss", "metrics over all regions")
            return
        written = next((i for i, line in enumerate(lines) if line.split()[:2] == ["exp", "="]), None)
        own = self.measured.get("exp")
        if written is not None:
            lines[written] += f" where {TSS}"
        elif own is not None and not any(line.split() == ["remove", "exp"] for line in lines):
            lines.insert(0, f"    exp = [{', '.join(_names(own))}] where {TSS}")
        else:
            self.ledger.none("eval_tss", "no metrics of `exp` are taken", "metrics")
            return
        self.ledger.written("eval_tss", f"metrics.exp where {TSS}", None, "metrics")


def _names(term: syntax.Setting) -> list[str]:
    if term.where is not None or not isinstance(term.value, syntax.List):
        return []
    return [item.id for item in term.value.items if isinstance(item, syntax.Name)]
