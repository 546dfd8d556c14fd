"""`optimizer`: the rule that changes weights by their gradients, and at which rate each part learns."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

from getdsl.compiler.sections.declare import Bound, Choice, Doc
from getdsl.compiler.sections.facts import Facts
from getdsl.compiler.sections.settings import Settings, nearest_place
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import sections as mistakes

Share = Annotated[float, Bound(least=0, below=1)]
Rate = Annotated[float, Bound(least=0)]
BLOCK = re.compile(r"(?:\w+\.)?blocks\.(\d+)\.")  # a layer: blocks.3.…, encoder.blocks.3.…
NO_RATES: Mapping[str, float] = MappingProxyType({})


class Optimizer(Choice):
    """What every optimizer can be told."""

    positional: ClassVar[tuple[str, ...]] = ("lr",)

    lr: Annotated[float, Doc("learning rate"), Bound(above=0)]
    weight_decay: Annotated[
        float, Doc("of weights with two or more axes, normalisations and tokens aside"), Bound(least=0)
    ] = 0.0
    layer_decay: Annotated[
        float | None,
        Doc("scales the rate by this for each layer further from the output", "all layers learn alike"),
        Bound(above=0, most=1),
    ] = None
    lr_of: Annotated[
        Mapping[str, Rate],
        Doc("learning rates of parts of the model; the longest name that fits wins", "none"),
        Bound(format="weights"),
    ] = NO_RATES

    weight_decay_of: Annotated[
        Mapping[str, Rate],
        Doc(
            "weight decay of parts of the model, or of any weight by its full name; the longest wins", "none"
        ),
        Bound(format="weights"),
    ] = NO_RATES

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        """Parts of the model that are named, and layers that decay, must be there."""
        yield from self._check_rates(settings, facts)
        if self.layer_decay is not None and not facts.unsure:
            weights = [tensor.name for tensor in facts.graph.tensors() if tensor.kind != "buffer"]
            if not any(map(BLOCK.match, weights)):
                why = "no part of the model is a stack of `blocks`"
                yield mistakes.no_layers_to_decay(why, settings.place(("layer_decay",)))

    def _check_rates(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        known = {path for path, _ in facts.graph.walk_modules()} | set(facts.graph.parameters)
        known |= {tensor.name for tensor in facts.graph.tensors() if tensor.kind == "weight"}
        known |= {path.rpartition(".")[0] for path in known} - {""}  # a family: `head`, of `head.human`
        for setting, named in (("lr_of", self.lr_of), ("weight_decay_of", self.weight_decay_of)):
            for name in named:
                if name not in known and name.split(".")[0] not in facts.unsure:
                    place = nearest_place((setting, name, ""), settings.places, settings.span)
                    yield mistakes.no_such_part(setting, name, place, known)


class Adam(Optimizer):
    """Kingma and Ba 2015; its weight decay is added to the gradient."""

    word: ClassVar[str] = "Adam"

    betas: Annotated[
        tuple[Share, Share],
        Doc("what the running means of gradients and of their squares keep of themselves"),
    ] = (0.9, 0.999)
    eps: Annotated[float, Doc("is added to the divisor"), Bound(above=0)] = 1e-8


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    word: ClassVar[str] = "AdamW"

    weight_decay: Annotated[
        float, Doc("of weights with two or more axes, normalisations and tokens aside"), Bound(least=0)
    ] = 0.01


class SGD(Optimizer):
    """Stochastic gradient descent."""

    word: ClassVar[str] = "SGD"

    momentum: Annotated[Share, Doc("what a step keeps of the step before it")] = 0.0
    nesterov: Annotated[bool, Doc("looks ahead by the momentum, which it needs")] = False

    def check(self, settings: Settings, facts: Facts) -> Iterator[Diagnostic]:
        yield from super().check(settings, facts)
        if self.nesterov and not self.momentum and "momentum" not in settings.wrong:
            yield mistakes.no_momentum(settings.place(("nesterov",)))


class RMSprop(Optimizer):
    """Gradients divided by the root of the running mean of their squares (Tieleman and Hinton 2012)."""

    word: ClassVar[str] = "RMSprop"

    alpha: Annotated[Share, Doc("what the running mean of squares keeps of itself")] = 0.99
    momentum: Annotated[Share, Doc("what a step keeps of the step before it")] = 0.0
    eps: Annotated[float, Doc("is added to the divisor"), Bound(above=0)] = 1e-8


class Lion(Optimizer):
    """Steps by the sign of a mean of gradients (Chen and others 2023), with `pip install 'getdsl[lion]'`."""

    word: ClassVar[str] = "Lion"

    betas: Annotated[
        tuple[Share, Share],
        Doc("what of the running mean goes into a step, and what the mean keeps of itself"),
    ] = (0.9, 0.99)


KIND = AdamW | Adam | SGD | RMSprop | Lion
DEFAULT = AdamW(lr=1e-3)
