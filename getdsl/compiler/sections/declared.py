"""All sections, by keyword, in the order in which the docs and messages list them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from getdsl.compiler.sections.data import DATA
from getdsl.compiler.sections.declare import Section
from getdsl.compiler.sections.freeze import FREEZE, TRAIN_ONLY
from getdsl.compiler.sections.load import LOAD
from getdsl.compiler.sections.lora import LORA
from getdsl.compiler.sections.optimizer import OPTIMIZER
from getdsl.compiler.sections.schedule import SCHEDULE
from getdsl.compiler.sections.schema import Schema, schema_of
from getdsl.compiler.sections.terms import LOSS, METRICS
from getdsl.compiler.sections.train import TRAIN

SECTIONS: Mapping[str, Section] = {
    section.keyword: section
    for section in (LOAD, LORA, FREEZE, TRAIN_ONLY, DATA, LOSS, METRICS, OPTIMIZER, SCHEDULE, TRAIN)
}


@cache
def schema(keyword: str) -> Schema:
    """The schema of a section's settings."""
    return schema_of(SECTIONS[keyword].kind)
