"""A run's model with named nodes among its outputs, which a child of it declares in the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import SpecError, UserError, suggestion_or_list
from getdsl.runs.opened.session import Session
from getdsl.runs.run_folder.records import SpecRecord
from getdsl.runs.run_folder.spec_record import restore_spec

CHILD, PREFIX = "InterpretedModel", "interpreted_"


def with_nodes(session: Session, nodes: Sequence[str]) -> tuple[Compiled, dict[str, str]]:
    """The model in evaluation mode, no kernels fused, and the output by which it gives each of the nodes.

    A node is what the spec can say: a binding `encoder`, a part of one `encoder.blocks[0].attn`.
    Raises UserError where the model has no such node.
    """
    outputs = {node: f"{PREFIX}{number}" for number, node in enumerate(nodes)}
    spec = _child(session, outputs) if nodes else session.spec
    options = replace(session.options, fuse=False)  # kernels may take no gradient to what they read
    return session.origin.build(spec, session.settings.seed, options).eval(), outputs


def _child(session: Session, outputs: Mapping[str, str]) -> Spec:
    """The run's spec with a model that extends its own by more outputs."""
    for node in outputs:
        if any(sign in node for sign in "\n\r{}#"):
            raise UserError(f"`{node}` is no name of a node", _nodes_there(session.spec, node))
    record = session.stored.record["spec"]
    main, *_ = record["files"]
    lines = [f"    output {name} = {node}" for node, name in outputs.items()]
    child = "\n".join(("", f"model {CHILD} extends {record['model']} {{", *lines, "}", ""))
    asked: SpecRecord = {
        **record,
        "model": CHILD,
        "files": {**record["files"], main: record["files"][main] + child},
    }
    try:
        with TemporaryDirectory() as spare:
            return restore_spec(asked, Overrides(), Path(spare))
    except SpecError as error:
        raise _no_such_node(session.spec, outputs, error) from error


def _no_such_node(spec: Spec, nodes: Iterable[str], error: SpecError) -> UserError:
    """What the compiler says of the nodes, of which the user's file has no line."""
    mistake = next(item for item in error.diagnostics if item.severity == "error")
    asked = ", ".join(f"`{node}`" for node in nodes)
    unknown = next((node for node in nodes if f"`{_name(node)}`" in mistake.message), None)
    help = _nodes_there(spec, unknown) if unknown is not None else mistake.help
    return UserError(f"the model has no such node in {asked}: {mistake.message}", help)


def _nodes_there(spec: Spec, node: str) -> str:
    known = [name for name, item in spec.graph.nodes.items() if item.kind in ("input", "module")]
    return suggestion_or_list(_name(node), known, "nodes with a name")


def _name(node: str) -> str:
    return node.partition("[")[0].partition(".")[0].strip()
