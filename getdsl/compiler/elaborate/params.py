"""The params of a model or block in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.elaborate.values import Given, Value
from getdsl.grammar import syntax
from getdsl.text.source import Span


@dataclass
class Params:
    """What the call gave, what was set from outside under `path`, and what was resolved of it so far."""

    owner: str
    overrides: Overrides
    declared: Mapping[str, syntax.Param] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    path: str = ""
    call_span: Span | None = None
    values: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    resolving: list[str] = field(default_factory=list)
