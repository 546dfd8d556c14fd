"""The schemas that come from the declarations, and the typed values, whose defaults are the declared ones."""

import json
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from getdsl.compiler.check import check_text
from getdsl.compiler.sections import optimizer, schedule, train
from getdsl.compiler.sections.declare import Table, settings_of
from getdsl.compiler.sections.declared import SECTIONS, schema
from getdsl.compiler.sections.listing import written
from getdsl.compiler.sections.monitor import EarlyStop, Keep, Mode, Monitor
from getdsl.compiler.sections.optimizer import SGD, Adam, AdamW
from getdsl.compiler.sections.schema import Schema
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.sections.typed import NOTHING, typed
from getdsl.grammar.words import SECTION_WORDS

GOLDEN = Path(__file__).parent / "schemas"
KEYWORDS = [keyword for keyword, section in SECTIONS.items() if not section.terms]
MODEL = "model M { input x: [B, 4] output y = x }\nloss { y = MSE(y, batch.y) }\n"


def golden(keyword: str) -> Schema:
    found: Schema = json.loads((GOLDEN / f"{keyword}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_the_schema_of_a_declaration(keyword: str) -> None:
    """The files were written by hand before there were declarations."""
    assert schema(keyword) == golden(keyword)


def test_each_section_with_settings_has_a_golden_schema() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == sorted(KEYWORDS)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_schemas_are_json_schemas(keyword: str) -> None:
    Draft202012Validator.check_schema(schema(keyword))


def test_recovery_knows_the_sections() -> None:
    assert set(SECTION_WORDS) == set(SECTIONS)


@pytest.mark.parametrize(
    ("keyword", "table"),
    [
        ("train", TrainSettings),
        *(("optimizer", table) for table in (AdamW, Adam, SGD)),
        *(("schedule", table) for table in schedule.KIND.__args__),
    ],
)
def test_defaults_are_values_that_could_be_written(keyword: str, table: type[Table]) -> None:
    rules = schema(keyword).get("calls", {}).get(getattr(table, "word", ""), schema(keyword))
    plain = {tuple: list, MappingProxyType: dict}
    for name in settings_of(table):
        default = getattr(table, name, None)
        if default is not None:
            value = plain.get(type(default), lambda same: same)(default)
            assert Draft202012Validator(rules["properties"][name]).is_valid(value), name


def test_a_spec_without_sections_has_the_defaults() -> None:
    spec = check_text(MODEL).spec
    assert spec is not None
    assert (spec.optimizer, spec.schedule) == (AdamW(lr=1e-3), schedule.ConstantRate())
    assert spec.train.replaced(keep=None) == TrainSettings()


def test_a_spec_carries_typed_settings() -> None:
    text = """
    metrics   { y = [r2] }
    optimizer = Adam(1e-2, betas = [0.8, 0.9])
    schedule  = one_cycle(warmup = 0.1)
    train {
        epochs     = 3
        early_stop = { monitor = "val_y_r2", patience = 2 }
        keep       = { monitor = "train_loss" }
    }
    """
    spec = check_text(MODEL + text).spec
    assert spec is not None
    assert spec.optimizer == Adam(lr=1e-2, betas=(0.8, 0.9))
    assert spec.schedule == schedule.OneCycle(warmup=0.1)
    stop = EarlyStop(monitor="val_r2", patience=2)  # its column of the history
    assert spec.train == TrainSettings(epochs=3, early_stop=stop, keep=Keep(monitor="train_loss"))


@pytest.mark.parametrize(
    ("monitor", "mode", "rising"),
    [
        ("val_r2", None, True),
        ("val_y_pearson", None, True),
        ("val_mse", None, False),
        ("val_r2", "min", False),
    ],
)
def test_which_way_a_figure_improves(monitor: str, mode: Mode | None, rising: bool) -> None:
    found = Monitor(monitor=monitor, mode=mode)
    assert (found.better(2.0, 1.0), found.better(1.0, 2.0)) == (rising, not rising)
    assert found.better(1.0, float("nan"))
    assert not found.better(float("nan"), 1.0)


@given(
    st.fixed_dictionaries(
        {"lr": st.floats(1e-6, 1.0)},
        optional={
            "weight_decay": st.floats(0, 1),
            "betas": st.lists(st.floats(0, 0.999), min_size=2, max_size=2),
            "layer_decay": st.floats(0.1, 1),
            "lr_of": st.dictionaries(st.sampled_from(["a", "a.b"]), st.floats(0, 1)),
        },
    )
)
def test_typed_values_are_what_was_written(values: dict[str, object]) -> None:
    assert Draft202012Validator(schema("optimizer")["calls"]["AdamW"]).is_valid(values)
    found = typed({"name": "AdamW", **values}, optimizer.KIND)
    assert isinstance(found, AdamW)
    for name in settings_of(AdamW):
        value = getattr(found, name)
        assert (list(value) if name == "betas" else value) == values.get(
            name, list(AdamW.betas) if name == "betas" else getattr(AdamW, name, None)
        )


def test_what_is_wrong_has_no_typed_value() -> None:
    assert typed({"name": "AdamW", "eps": 1.0}, optimizer.KIND) is NOTHING
    assert typed({"name": "AdamW", "lr": "x"}, optimizer.KIND, {"lr"}) is NOTHING
    assert typed({"epochs": 0, "seed": 3}, train.KIND, {"epochs"}) == TrainSettings(seed=3)
    assert typed({"early_stop": {}}, train.KIND) == TrainSettings()
    assert typed(None, train.KIND) is NOTHING


def test_tables_do_not_change() -> None:
    found = AdamW(lr=0.1)
    with pytest.raises(AttributeError, match="lr"):
        found.lr = 0.2  # type: ignore[misc]
    with pytest.raises(TypeError, match="AdamW takes lr"):
        AdamW(weight_decay=0.1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        AdamW(lr=0.1, momentum=0.9)  # type: ignore[call-arg]
    assert found != Adam(lr=0.1)
    assert found.replaced(eps=1e-6).eps == 1e-6
    assert repr(schedule.ConstantRate()) == "ConstantRate(warmup_epochs=0.0, warmup_steps=None)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (None, "none"),
        (1e-8, "1e-8"),
        (10, "10"),
        ((0.9, 0.999), "[0.9, 0.999]"),
        ("a", '"a"'),
    ],
)
def test_constants_as_a_spec_writes_them(value: object, text: str) -> None:
    assert written(value) == text
