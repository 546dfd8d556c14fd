"""The syntax that emitted modules are written in; what else a text of a spec could make of one is refused.

The writer escapes all that it takes from a spec. This is the second lock: what it wrote is parsed again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

OPERANDS = (ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Subscript, ast.Slice)
OPERATORS = (ast.operator, ast.unaryop, ast.cmpop)
CALLS = (ast.Call, ast.keyword, ast.BinOp, ast.UnaryOp, ast.Compare)
EXPRESSIONS = (*OPERANDS, *OPERATORS, *CALLS, ast.expr_context)
HOLDS = ("ranked", "returned", "at_least", "multiple")  # of `step_sizes`
REGISTER = ("register_module", "register_parameter")


class ForeignSyntaxError(ValueError):
    """An emitted module that holds what no emitted module holds."""


def hold_to_syntax(source: str, imports: Iterable[str], load: str) -> None:
    """Raises ForeignSyntaxError where a module is more than a doc, these imports, modules and this `load`.

    A class has a constructor that assigns to itself, and a forward that computes. What is called is a class
    or function of the module's top, a part of `self`, or an attribute, such as a tensor's method.
    """
    try:
        found = ast.parse(source)
    except (SyntaxError, ValueError) as error:  # a null byte is the latter
        raise ForeignSyntaxError(f"an emitted module is no Python: {error}") from error
    doc, *body = found.body
    expected = ast.parse("\n".join(imports)).body
    head, classes, last = body[: len(expected)], body[len(expected) : -1], body[-1]
    _hold(_is_text(doc), doc)
    for statement, wanted in zip([*head, last], [*expected, ast.parse(load).body[0]], strict=True):
        _hold(ast.dump(statement) == ast.dump(wanted), statement)
    callable_names = {alias.asname or alias.name for each in head for alias in _aliases(each)}
    callable_names |= {"super", "float", *(item.name for item in classes if isinstance(item, ast.ClassDef))}
    for item in classes:
        _hold_class(item, callable_names)


def _aliases(statement: ast.stmt) -> Sequence[ast.alias]:
    return statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else ()


def _hold(right: bool, node: ast.AST) -> None:
    if not right:
        place = getattr(node, "lineno", 1)
        raise ForeignSyntaxError(
            f"line {place} of an emitted module holds a {type(node).__name__} out of place"
        )


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _hold_class(item: ast.stmt, callable_names: set[str]) -> None:
    _hold(isinstance(item, ast.ClassDef), item)
    assert isinstance(item, ast.ClassDef)
    bare = not item.decorator_list and not item.keywords
    _hold(bare and [ast.unparse(base) for base in item.bases] == ["nn.Module"], item)
    functions = item.body[1:] if _is_text(item.body[0]) else item.body
    for function, name in zip(functions, ("__init__", "forward"), strict=False):
        _hold(isinstance(function, ast.FunctionDef) and function.name == name, function)
    _hold(len(functions) == 2, item)
    for function in functions:
        assert isinstance(function, ast.FunctionDef)
        _hold_function(function, callable_names)


def _hold_function(function: ast.FunctionDef, callable_names: set[str]) -> None:
    _hold(not function.decorator_list and not _defaults(function.args), function)
    making = function.name == "__init__"
    for statement in function.body:
        _hold((_makes if making else _computes)(statement), statement)
        for node in ast.walk(statement):
            _hold(_is_known(node, callable_names), node)


def _defaults(arguments: ast.arguments) -> bool:
    return bool(arguments.defaults or any(arguments.kw_defaults) or arguments.vararg or arguments.kwarg)


def _makes(statement: ast.stmt) -> bool:
    """Whether it is `super().__init__()`, or gives the module an attribute."""
    if isinstance(statement, ast.Assign):
        (target,) = statement.targets
        return isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    function = ast.unparse(statement.value.func)
    return function == "super().__init__" or function in [f"self.{name}" for name in REGISTER]


def _computes(statement: ast.stmt) -> bool:
    """Whether it names a value, holds sizes, or returns."""
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Name) for target in statement.targets)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        owner, _, name = ast.unparse(statement.value.func).partition(".")
        return owner.startswith("step_sizes") and name in HOLDS
    return isinstance(statement, ast.Return)


def _is_known(node: ast.AST, callable_names: set[str]) -> bool:
    if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
        return ast.unparse(node) == "super().__init__"
    if isinstance(node, ast.Call):
        return _may_be_called(node.func, callable_names)
    return isinstance(node, (*EXPRESSIONS, ast.stmt))


def _may_be_called(function: ast.expr, callable_names: set[str]) -> bool:
    """Whether it is a name of the module's top, an attribute, or a part of the module."""
    if isinstance(function, ast.Subscript | ast.Call):
        return ast.unparse(function).startswith(("self.", "super()."))
    if isinstance(function, ast.Name):
        return function.id in callable_names
    return isinstance(function, ast.Attribute)
