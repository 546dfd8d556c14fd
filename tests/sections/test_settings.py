"""Settings from outside, and what one mistake leads to: one error."""

import pytest

from getdsl.compiler.check import check_text
from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.evaluate import NotConstantError, evaluate, literal
from getdsl.compiler.constants.functions import CompileTimeError
from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.sections.monitor import Keep
from getdsl.compiler.sections.optimizer import SGD
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.grammar import parse_expression, syntax
from getdsl.text.source import SourceFile

MODEL = """model M {
    param file: str = "a.pth"
    input x: [B, 4]
    head = x -> Linear(1)
    output y = head
}
loss { y = MSE(y, batch.y) }
"""


def errors(text: str, **params: object) -> list[Diagnostic]:
    found = check_text(text, params=params).diagnostics
    return [item for item in found if item.severity == "error"]


def messages(text: str, **params: object) -> list[str]:
    return [item.message for item in errors(MODEL + text, **params)]


def test_settings_are_set_by_their_paths() -> None:
    keep = {"monitor": "train_loss"}
    outside = {"train": {"epochs": 3, "keep": keep}, "optimizer": {"lr": 0.5, "momentum": 0.9}}
    spec = check_text(MODEL + "optimizer = SGD(0.1)\ntrain { epochs = 1 }", params=outside).spec
    assert spec is not None
    assert (spec.train.epochs, spec.optimizer) == (3, SGD(lr=0.5, momentum=0.9))
    assert spec.train.keep == Keep(monitor="train_loss")


@pytest.mark.parametrize("path", ["optimizer.momentun", "train.early_stop.patienec", "train.epoch"])
def test_a_misspelt_path_has_a_suggestion(path: str) -> None:
    text = 'optimizer = SGD(0.1)\ntrain { early_stop = { monitor = "train_loss" } }'
    [found] = check_text(MODEL + text, params={path: 3}).diagnostics
    right = {"momentun": "momentum", "patienec": "patience", "epoch": "epochs"}
    head, _, last = path.rpartition(".")
    assert (found.code, found.help) == ("GET211", f"did you mean `{head}.{right[last]}`?")


def test_what_is_set_from_outside_is_checked_too() -> None:
    assert messages("optimizer = SGD(0.1)", **{"optimizer.nesterov": True}) == ["`nesterov` needs a momentum"]
    text = 'train { keep = { monitor = "train_loss" } }'
    found = messages(text, **{"train.keep.monitor": "val_accuracy"})
    assert found == ["`keep` watches `val_accuracy`, which this run does not measure"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("optimizer = SGD(0.1, nesterov = true, momentun = 0.9)", "GET402"),
        ("optimizer = SGD(0.1, nesterov = true, momentum = 9)", "GET403"),
        ("optimizer = SGD(nesterov = true)", "GET404"),
        ('metrics { y = [pearsn] }\ntrain { keep = { monitor = "val_pearsn" } }', "GET411"),
        ('metriks { y = [r2] }\ntrain { keep = { monitor = "val_r2" } }', "GET401"),
        ('metrics { y = [r2 }\ntrain { keep = { monitor = "val_r2" } }', "GET103"),
        ('train { keep = { monitr = "val_x" } }', "GET402"),
        ("train { early_stop = { mode = min } }", "GET404"),
    ],
)
def test_one_mistake_is_one_error(text: str, code: str) -> None:
    found = errors(MODEL + text)
    assert [item.code for item in found] == [code], found


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ("validation = 3", "`validation` must be a table `{ … }`, not 3"),
        ('validatoin = { chromosomes = ["chrI"] }', "`data` has no setting `validatoin`"),
        ('validation = { chromosoms = ["chrI"] }', "`validation` has no setting `chromosoms`"),
    ],
)
def test_a_wrong_validation_set_is_one_error(validation: str, message: str) -> None:
    """What would be measured is not known then."""
    found = errors(f"""
    model M {{ input cut_sites: [B] output y = cut_sites }}
    data  {{ regions = Regions("x.bed") batch {{ cut_sites = Column("x") }} {validation} }}
    loss  {{ y = MSE(y, batch.cut_sites) }}
    train {{ keep = {{ monitor = "val_loss" }} }}
    """)
    assert [item.message for item in found] == [message]


def test_the_best_are_the_best_by_a_figure() -> None:
    text = """
    model M { input cut_sites: [B] output y = cut_sites }
    data  { regions = Regions("x.bed") batch { cut_sites = Column("x") } }
    loss  { y = MSE(y, batch.cut_sites) }
    train { keep = { top_k = 3 %s } }
    """
    [found] = errors(text % "")
    assert (found.message.split(",")[0], found.help is not None) == (
        "`top_k` keeps the best checkpoints",
        True,
    )
    assert not errors(text % 'monitor = "train_loss"')


def test_stages_are_set_from_outside_by_their_names() -> None:
    text = MODEL + "train { stages { one { epochs = 2 } two { steps = 3 lr = 0.1 } } }"
    outside = {"train.stages.one.steps": 7, "train.stages.two.lr": 0.5}
    spec = check_text(text, params=outside).spec
    assert spec is not None
    found = [(stage.name, stage.epochs, stage.steps, stage.optimizer.lr) for stage in spec.training.stages]
    assert found == [("one", None, 7, 1e-3), ("two", None, 3, 0.5)]
    [wrong] = check_text(text, params={"train.stages.tow.lr": 0.5}).diagnostics
    assert (wrong.code, wrong.help) == ("GET211", "did you mean `train.stages.two.lr`?")


def test_steps_from_outside_take_the_place_of_epochs() -> None:
    spec = check_text(MODEL + "train { epochs = 3 }", params={"train.steps": 7}).spec
    assert spec is not None
    assert [(stage.epochs, stage.steps) for stage in spec.training.stages] == [(None, 7)]
    spec = check_text(MODEL + "train { steps = 3 }", params={"train.epochs": 7}).spec
    assert spec is not None
    assert [(stage.epochs, stage.steps) for stage in spec.training.stages] == [(7, None)]


def test_all_mistakes_of_a_section_are_told_at_once() -> None:
    optimizer = "optimizer = SGD(0.1, nesterov = true, lr_of = { haed = 0.1 })"
    assert len(messages(optimizer + '\ntrain { keep = { monitor = "x" } }')) == 3


def test_a_family_is_a_part() -> None:
    heads = ' for name in ["a", "b"] { head[name] = x -> Linear(1) }\n'
    model = f"model M {{\n input x: [B, 4]\n{heads} output y = head.a + head.b\n}}\n"
    assert list(check_text(model + "optimizer = SGD(0.1, lr_of = { head = 0.2 })").diagnostics) == []
    [wrong] = check_text(model + "optimizer = SGD(0.1, lr_of = { haed = 0.2 })").diagnostics
    assert wrong.code == "GET403"


def test_a_load_is_named_by_a_param() -> None:
    [note] = check_text(MODEL + "load file { }").diagnostics
    assert (note.code, "a.pth" in note.message) == ("GET603", True)


# -- constants


def expression(text: str) -> syntax.Expr:
    found = parse_expression(SourceFile("test", text), Diagnostics())
    assert found is not None
    return found


def value_of(text: str) -> Constant:
    def part(expr: syntax.Expr, _: str | int) -> Constant:
        return evaluate(expr, part)

    return evaluate(expression(text), part)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2 * 3, true]", [1, 6, True]),
        ("-(2 ** 3)", -8),
        ("not false", True),
        ("{ a = 1 / 4 }", {"a": 0.25}),
        ('"a" + "b"', "ab"),
        ("none", None),
    ],
)
def test_constants(text: str, value: Constant) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize("text", ["-true", "not 3", '-"a"', "1 / 0", "[1] * 3"])
def test_what_operators_do_not_take(text: str) -> None:
    with pytest.raises(CompileTimeError):
        value_of(text)


@pytest.mark.parametrize("text", ["name", "f(3)", "a.b", "if true then 1 else 2"])
def test_what_is_no_constant(text: str) -> None:
    with pytest.raises(NotConstantError):
        value_of(text)


def test_literals_have_no_operators() -> None:
    assert literal(expression("[1, { a = none }]")) == [1, {"a": None}]
    with pytest.raises(NotConstantError):
        literal(expression("1 + 2"))


def test_what_was_reported_spoils_what_it_is_part_of() -> None:
    assert evaluate(expression("1 + x"), lambda *_: POISON) is POISON


@pytest.mark.parametrize("item", ["1 .. 2", "q(1)(2)", '1 + "a"', "y[0..100000000]", "y[0..1000][0..1000]"])
def test_what_cannot_be_read_in_a_list_is_told_once(item: str) -> None:
    checked = check_text(
        f"model M {{ input x: [B, 4] y = x -> Linear(4) output z = y }}\nfreeze = [y, {item}]\n"
    )
    assert len(checked.diagnostics) == 1
