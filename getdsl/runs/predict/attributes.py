"""What predictions were made from, as their store says it and a resumed run must find it again."""

from __future__ import annotations

import getdsl
from getdsl.formats.json_values import Json, plain
from getdsl.runs.opened.origins import FromCheckpoint
from getdsl.runs.opened.session import Session
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.predict.writer import LAYOUT, VERSION
from getdsl.runs.run_folder.provenance import data_record, versions


def attributes(session: Session, chosen: Chosen, wanted: Wanted) -> dict[str, Json]:
    """Raises UserError where the data cannot be read."""
    return {
        "layout": LAYOUT,
        "version": VERSION,
        "getdsl": getdsl.__version__,
        "model": session.spec.model,
        "split": chosen.split,
        "outputs": list(wanted.outputs),
        "batch_size": session.settings.batch_size,
        "data": plain(data_record(chosen.source)),
        **_of_weights(session),
    }


def _of_weights(session: Session) -> dict[str, Json]:
    if not isinstance(session.origin, FromCheckpoint):
        return {"versions": {"now": plain(versions())}}
    stored = session.stored
    record = stored.record
    return {
        "checkpoint": {"path": str(stored.path), "sha256": stored.header.sha256},
        "best": plain(record.get("best")),
        "spec_sha256": record["spec"]["sha256"],
        "overrides": {name: str(value) for name, value in stored.overrides.items()},
        "trained_on": plain(record["data"]),
        "loaded": plain(record.get("loaded", [])),
        "adapter": str(session.options.adapter) if session.options.adapter is not None else None,
        "seed": record["seed"],
        "versions": {"then": plain(record["versions"]), "now": plain(versions())},
    }
