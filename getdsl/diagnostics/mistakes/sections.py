"""Sections and their settings; the terms of loss and metrics are in `terms`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Edit, Fix, Help, if_alone, renamed, write, written
from getdsl.diagnostics.listing import joined
from getdsl.diagnostics.rewrites import Both, argument_once, by_step, taken_once
from getdsl.diagnostics.suggest import meant, meant_or_list
from getdsl.text.source import Span

GET401 = Code(
    "GET401",
    "no such section",
    "A section starts with a word of the language; `getdsl explain` lists them, with what they are for.",
)


def no_such_section(keyword: str, place: Span, known: Iterable[str], told: str | None = None) -> Diagnostic:
    """`told` is the only one that has its settings."""
    names = [*known]
    help = meant(keyword, place, names)
    if help is None and told is not None:
        help = if_alone(renamed(f"its settings are those of `{told}`", place, keyword, told))
    help = help or meant_or_list(keyword, place, names, "sections")
    return GET401.at(place, f"there is no section `{keyword}`", help=help)


def wrong_form(keyword: str, form: str, place: Span, edits: Sequence[Edit] = ()) -> Diagnostic:
    """`form` is how it is written, such as `train { … }`; `edits` make that of it."""
    text = f"write `{form}`"
    help = Help(text, Fix(text, tuple(edits))) if edits else None
    return GET401.at(place, f"`{keyword}` is written `{form}`", help=help)


GET402 = Code(
    "GET402",
    "no such setting",
    "The section does not have a setting of this name.",
)


def no_such_setting(owner: str, name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET402.at(
        place, f"`{owner}` has no setting `{name}`", help=meant_or_list(name, place, known, "settings")
    )


GET403 = Code(
    "GET403",
    "a setting has a wrong value",
    "The value is of the wrong type, out of range, or not one of the choices.",
)

# -- what cannot stand where a setting's value stands


def no_rule(place: Span, rule: str | None = None) -> Diagnostic:
    """`rule` is it as a rule, where it is `old = "new"`."""
    help = write(rule, place) if rule is not None else None
    return GET403.at(place, 'a rule is written `"old." -> "new."`', help=help)


def rule_out_of_place(place: Span, rules: Span | None = None) -> Diagnostic:
    """`rules` are those of a `load` that would stand in its `rename`, where it has none."""
    message = "a rule stands in `rename { … }` or `replace { … }` of a `load`"
    text = "put it in `rename { … }`"
    around = written(text, rules, f"rename {{ {rules.text} }}") if rules is not None else None
    return GET403.at(place, message, help=around)


def loop_out_of_place(place: Span) -> Diagnostic:
    message = "`for` and `output [name] = …` stand in `loss` and `metrics`"
    return GET403.at(place, message, help="write out what they would give")


def of_terms_only(word: str, place: Span) -> Diagnostic:
    """`where` or `weight` behind a setting."""
    return GET403.at(place, f"`{word}` belongs to the terms of `loss` and `metrics`")


def no_constant(place: Span) -> Diagnostic:
    return GET403.at(
        place,
        "this cannot stand in a setting",
        help="settings are constants: numbers, strings, lists and tables",
    )


def not_callable(place: Span) -> Diagnostic:
    return GET403.at(place, "this cannot be called in a setting")


def not_computable(why: object, place: Span) -> Diagnostic:
    return GET403.at(place, str(why))


def call_out_of_place(name: object, place: Span, wanted: str) -> Diagnostic:
    return GET403.at(place, f"`{name}(…)` cannot stand here", help=wanted)


def not_a_source(place: Span) -> Diagnostic:
    return GET403.at(place, '`source` is a data source with its arguments: `RegionMotif("file.zarr")`')


# -- values that a setting does not take


def not_a_choice(setting: str, place: Span, calls: Iterable[str]) -> Diagnostic:
    """A value that is no call at all, where one of `calls` is wanted."""
    names = joined(f"`{name}(…)`" for name in calls)
    return GET403.at(place, f"`{setting}` is one of {names}")


def no_such_choice(setting: str, name: str, place: Span, calls: Iterable[str]) -> Diagnostic:
    return GET403.at(
        place, f"there is no {setting} `{name}`", help=meant_or_list(name, place, calls, "choices")
    )


def given_by_name(call: str, place: Span, first: str) -> Diagnostic:
    return GET403.at(place, f"`{call}` takes its settings by name", help=f"for example `{first} = …`")


def not_among(setting: str, value: object, shown: str, place: Span, choices: Iterable[str]) -> Diagnostic:
    help = meant_or_list(str(value), place, choices, "choices")
    return GET403.at(place, f"`{setting}` cannot be {shown}", help=help)


def wrong_value(setting: str, wanted: str, shown: str, place: Span, help: Help | None) -> Diagnostic:
    return GET403.at(place, f"`{setting}` must be {wanted}, not {shown}", help=help)


# -- values that do not go with the rest of the spec


def no_such_part(setting: str, name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET403.at(
        place,
        f"`{setting}` names `{name}`, and the model has no such part",
        help=meant_or_list(name, place, known, "parts"),
    )


def average_of_shares(place: Span) -> Diagnostic:
    return GET403.at(
        place,
        "`ema` averages whole weights, of which `fsdp` gives each process a share",
        help='write `strategy = "ddp"`',
    )


def not_measured(owner: str, figure: str, place: Span, known: Iterable[str], *, validate: bool) -> Diagnostic:
    """`validate`: it would be measured, if the data set samples aside."""
    help = (
        "`data` sets no chromosomes aside: add `validation = { chromosomes = […] }` to it"
        if validate
        else meant_or_list(figure, place, known, "figures")
    )
    return GET403.at(place, f"`{owner}` watches `{figure}`, which this run does not measure", help=help)


def nothing_to_choose_by(place: Span) -> Diagnostic:
    return GET403.at(
        place,
        "`top_k` keeps the best checkpoints, and without validation samples nothing says which are",
        help='add `monitor = "train_loss"`, or `validation = { chromosomes = […] }` to `data`',
    )


def two_lengths(owner: str, place: Span, other: Span) -> Diagnostic:
    return GET403.at(
        place,
        f"{owner} has both `epochs` and `steps`",
        labels=[Label(other, "the other one")],
        help="keep one of them",
    )


def length_beside_stages(name: str, place: Span) -> Diagnostic:
    return GET403.at(
        place, f"`{name}` stands beside `stages`, of which each says how long it is", help="take it away"
    )


def two_rises(place: Span, other: Span) -> Diagnostic:
    return GET403.at(
        place,
        "the schedule has both `warmup_steps` and `warmup_epochs`",
        labels=[Label(other, "the other one")],
        help="keep one of them",
    )


def no_momentum(place: Span) -> Diagnostic:
    return GET403.at(place, "`nesterov` needs a momentum", help="add `momentum = 0.9`")


def no_layers_to_decay(why: object, place: Span) -> Diagnostic:
    return GET403.at(place, f"`layer_decay` does not apply: {why}")


def in_both_splits(chromosomes: Iterable[str], place: Span) -> Diagnostic:
    return GET403.at(
        place,
        f"{joined(chromosomes)} is in both hold_out and validation",
        help="take it out of one of them, since a sample may be in one set only",
    )


def nothing_held(name: str, place: Span) -> Diagnostic:
    return GET403.at(
        place, f"`{name}` sets nothing aside", help=f'write `{name} = {{ chromosomes = ["chr8"] }}`'
    )


def column_without_values(name: str, place: Span) -> Diagnostic:
    return GET403.at(
        place,
        f"`{name}` needs `column` and `values` together",
        help='write `{ column = "fold", values = ["3"] }`',
    )


def no_such_celltype(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    return GET403.at(
        place, f"`celltypes` has no {name}", help=meant_or_list(name, place, known, "cell types")
    )


def baseline_without_dna(baseline: object, place: Span, source: str) -> Diagnostic:
    return GET403.at(
        place,
        f"`{baseline}` needs regions with DNA, and the data are {source}",
        help="add `sequence = Sequence(…)` to `batch`, or take the baseline away",
    )


def unreadable_motifs(why: object, place: Span) -> Diagnostic:
    return GET403.at(
        place, f"the motifs of the baseline cannot be read: {why}", help="give a file in MEME format"
    )


def one_strand_only(source: str, place: Span) -> Diagnostic:
    return GET403.at(
        place,
        f"`reverse_complement` is not possible: `{source}` reads its samples from one strand only",
        help="set it to false",
    )


GET404 = Code(
    "GET404",
    "a setting is missing",
    "The section needs it.",
)


def setting_missing(owner: str, name: str, place: Span) -> Diagnostic:
    return GET404.at(place, f"`{owner}` needs `{name}`", help=f"add `{name} = …`")


def no_length(owner: str, place: Span) -> Diagnostic:
    return GET404.at(place, f"{owner} needs `epochs` or `steps`", help="add `epochs = 3`")


def lora_without_on(place: Span) -> Diagnostic:
    return GET404.at(place, "`lora` needs `on`", help="name the parts to adapt: `on = [encoder]`")


def weights_without_rank(names: Sequence[str], place: Span) -> Diagnostic:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return GET404.at(
        place,
        f"`rank` says nothing of `{names[0]}`{more}",
        help='the last row may be for the rest: `"*" = 8`',
    )


def load_of_nothing(place: Span) -> Diagnostic:
    return GET404.at(place, "`load` needs a checkpoint", help='write `load "path.pth" { … }`')


GET405 = Code("GET405", "set twice", "A section, setting or term stands once.")


KEEP_ONE = "keep one of them"


def section_twice(keyword: str, place: Span, first: Span, sections: Both) -> Diagnostic:
    """`sections`: the second and the first, whole, here as below."""
    labels, help = [Label(first, "first here")], taken_once(sections, KEEP_ONE)
    return GET405.at(place, f"the section `{keyword}` stands twice", labels=labels, help=help)


def set_twice(name: str, place: Span, first: Span, settings: Both) -> Diagnostic:
    labels, help = [Label(first, "first here")], taken_once(settings, KEEP_ONE)
    return GET405.at(place, f"`{name}` is set twice", labels=labels, help=help)


def argument_twice(name: str, place: Span, second: Span, first: Span) -> Diagnostic:
    """An argument of a setting's call: the second's name, the whole of it, and the value that was first."""
    help = argument_once((second, first), KEEP_ONE)
    return GET405.at(place, f"`{name}` is set twice", labels=[Label(first, "first here")], help=help)


def term_twice(name: str, place: Span, first: Span, terms: Both) -> Diagnostic:
    labels, help = [Label(first, "first here")], taken_once(terms, KEEP_ONE, by_step("output"))
    return GET405.at(place, f"the term `{name}` is given twice", labels=labels, help=help)


GET406 = Code(
    "GET406",
    "the training ends before a setting has its effect",
    "The rise of the learning rate is counted in epochs or steps. Where fewer are trained, all of them rise.",
)


def rise_longer_than_training(rise: float, length: int, place: Span, unit: str) -> Diagnostic:
    """`unit` is epochs or steps."""
    return GET406.at(
        place,
        f"the learning rate is to rise for {rise:g} {unit}, and {length} are trained",
        help=f"make `warmup_{unit}` less than {length}, or train longer",
        severity="warning",
    )
