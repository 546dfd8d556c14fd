"""What becomes of a file's keys before they are matched: LoRA spellings, `rename`, `replace`, `drop`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from getdsl.compiler.directives.directives import Rule
from getdsl.compiler.directives.rename_rules import MARK, expression

DROPOUT_MASK = re.compile(r"\.parametrizations\.weight\.\d+\.lora_dropout_mask$")
KEPT_BY_PEFT = re.compile(r"\.original_module\.\w+$")
TRAINED_WHOLE = re.compile(r"\.modules_to_save\.")
PASSED_OVER = (
    (DROPOUT_MASK, "a mask of ones that minLoRA keeps beside an adapter"),
    (KEPT_BY_PEFT, "what peft keeps of a module that it trained whole"),
)
BEYOND = (  # what peft's adapters have beside A and B
    (re.compile(r"\.lora_magnitude_vector(\.|$)"), "DoRA's magnitude"),
    (re.compile(r"\.lora_[AB](\.[^.]+)?\.bias$"), "a bias of an adapter"),
    (re.compile(r"\.lora_embedding_[AB](\.|$)"), "an adapter of an embedding"),
    (re.compile(r"\.lora_(?![AB](\.|$))"), "a part of an adapter that is not known here"),
)
SPELLINGS = (  # minLoRA's and peft's names of an adapter, and ours
    (re.compile(r"\.parametrizations\.weight\.original$"), ".weight"),
    (re.compile(r"\.parametrizations\.weight\.0\.lora_([AB])$"), r".weight.lora_\1"),
    (re.compile(r"\.base_layer\.(\w+)$"), r".\1"),
    (re.compile(r"\.modules_to_save(?:\.[^.]+)?\.(\w+)$"), r".\1"),
    (re.compile(r"(?<!\.weight)\.lora_([AB])(?:\.[^.]+)?\.weight$"), r".weight.lora_\1"),
)


def canonical(key: str) -> str:
    """A key with its adapter spelt as ours are: `X.weight`, `X.weight.lora_A`, `X.weight.lora_B`."""
    key = key.removeprefix("base_model.model.")
    for spelt, spelling in SPELLINGS:
        key, changed = spelt.subn(spelling, key)
        if changed:
            break
    return key


def passed_over(key: str, keys: Collection[str]) -> str | None:
    """Why a key goes although nothing drops it; None where it does not go."""
    if TRAINED_WHOLE.search(key) and TRAINED_WHOLE.sub(".", key) in keys:
        return "the same tensor under its plain name is there too"
    return next((why for mark, why in PASSED_OVER if mark.search(key)), None)


def beyond_low_rank(key: str) -> str | None:
    """What a key is that belongs to an adapter and is neither its A nor its B."""
    return next((what for mark, what in BEYOND if mark.search(key)), None)


def is_minlora(key: str) -> bool:
    return ".parametrizations.weight." in key


def module_of(key: str) -> str:
    """The module whose adapter a key is a part of, as the file has it: `a.b` of `a.b.lora_A.weight`."""
    return canonical(key).removesuffix(".lora_A").removesuffix(".lora_B").removesuffix(".weight")


def apply_rule(rule: Rule, key: str) -> str | None:
    """The key with its start rewritten, or None where the rule does not match."""
    found = expression(rule.old).match(key)
    if found is None:
        return None
    if rule.old.startswith(MARK):
        return found.expand(rule.new) + key[found.end() :]
    first, *rest = rule.new.split("*")
    steps = [step + text for step, text in zip(found.groups(), rest, strict=False)]
    return first + "".join(steps) + key[found.end() :]


def rename(rules: Iterable[Rule], key: str) -> tuple[str, Rule | None]:
    """The key after the first rule that matches, and that rule."""
    for rule in rules:
        new = apply_rule(rule, key)
        if new is not None:
            return new, rule
    return key, None


@dataclass(frozen=True)
class Rewritten:
    """A key of a file, the name that it has now, and the rules that made it."""

    key: str
    name: str
    rules: tuple[Rule, ...] = ()

    @property
    def permute(self) -> tuple[int, ...]:
        """The order that the model has the tensor's axes in; none: the file's."""
        return next((rule.permute for rule in self.rules if rule.permute), ())


def rewrite(key: str, renames: Sequence[Rule], replaces: Sequence[Rule]) -> Rewritten:
    """One pass of `rename`, then each rule of `replace` in order, at all its occurrences."""
    name, used = rename(renames, canonical(key))
    rules = [used] if used is not None else []
    for rule in replaces:
        if rule.old in name:
            name = name.replace(rule.old, rule.new)
            rules.append(rule)
    return Rewritten(key, name, tuple(rules))


def collisions(items: Iterable[Rewritten]) -> list[tuple[Rewritten, Rewritten]]:
    """Pairs of keys that have become one, each with the first of that name."""
    first: dict[str, Rewritten] = {}
    return [(first[item.name], item) for item in items if first.setdefault(item.name, item) is not item]
