"""Optimizer, schedule and training settings of a config."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from getdsl.importing.config import ConfigError
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import literal, unusable

OPTIMIZERS = {
    "adamw": ("AdamW", {}),
    "adam": ("Adam", {}),
    "sgd": ("SGD", {"nesterov": True}),
    "nesterov": ("SGD", {"nesterov": True}),
    "momentum": ("SGD", {"nesterov": False}),
}
LOOKAHEAD = "GET wraps the optimizer in Lookahead; here it goes by itself"


@dataclass(frozen=True)
class Bounds:
    """What a number of the config is: whole or not, from `low` on or, where that is open, above it."""

    low: int
    whole: bool = False
    open: bool = False

    def read(self, value: Any) -> Any:
        """A text as the number that GET's typed fields read it as (`010` is 10); any other value as it is."""
        try:
            return (int if self.whole else float)(value) if isinstance(value, str) else value
        except ValueError:
            return value

    def hold(self, value: Any) -> bool:
        right = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
        return right and not unusable(value) and (value > self.low or (value == self.low and not self.open))

    def __str__(self) -> str:
        what = "an integer" if self.whole else "a number"
        return f"{what} above {self.low}" if self.open else f"{what} from {self.low} on"


POSITIVE, FROM_ZERO = Bounds(0, open=True), Bounds(0)
COUNT, SEED = Bounds(1, whole=True), Bounds(0, whole=True)
SETTINGS = (  # of `train`: where GET has it, what it is called here, and what it may be
    ("training.epochs", "epochs", COUNT),
    ("machine.batch_size", "batch_size", COUNT),
    ("training.batch_size", "batch_size", COUNT),
    ("training.seed", "seed", SEED),
    ("seed", "seed", SEED),
    ("training.clip_grad", "gradient_clip", POSITIVE),
    ("training.accumulate_grad_batches", "accumulate", COUNT),
)


def number(ledger: Ledger, path: str, bounds: Bounds) -> Any:
    """A number of the config, or None. Raises ConfigError where it is something else."""
    value = bounds.read(ledger.take(path))
    if value is not None and not bounds.hold(value):
        problem = f"`{path}` is {literal(value)}, and it is {bounds}"
        raise ConfigError(ledger.place(path), problem, f"set it: `{path}=…`")
    return value


@dataclass
class Training:
    optimizer: str | None = None
    schedule: str | None = None
    train: list[tuple[str, str]] = field(default_factory=list)


class TrainingImport:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def run(self) -> Training:
        found = Training(self.optimizer(), self.schedule())
        for path, name, bounds in SETTINGS:
            value = number(self.ledger, path, bounds)
            if value is None:
                self.ledger.default(path, f"no {name}")
            elif name in dict(found.train):
                self.ledger.none(path, f"`{name}` is said above", "train")
            elif (name, value) == ("accumulate", 1):
                self.ledger.default(path, "train.accumulate")
            else:
                found.train.append((name, literal(value)))
                self.ledger.written(path, f"train.{name}", section="train")
        self.precision(found)
        return found

    def precision(self, found: Training) -> None:
        if self.ledger.has("training.use_fp16"):
            value = self.ledger.take("training.use_fp16")
            if not isinstance(value, bool):
                raise ConfigError(
                    self.ledger.place("training.use_fp16"), "`training.use_fp16` is true or false"
                )
            if value:
                found.train.append(("precision", '"16-mixed"'))
                note = '`"bf16-mixed"` needs no loss scaling, where the device has it'
                self.ledger.written("training.use_fp16", "train.precision", note, "train")
            else:
                self.ledger.default("training.use_fp16", "train.precision")
        elif self.ledger.take("training.precision") in ("bf16-mixed", "16-mixed", "64-true", "32-true"):
            found.train.append(("precision", literal(self.ledger.take("training.precision"))))
            self.ledger.written("training.precision", "train.precision", section="train")

    def optimizer(self) -> str | None:
        rate = number(self.ledger, "optimizer.lr", POSITIVE)
        if rate is None:
            if self.ledger.has("optimizer"):
                self.ledger.none("optimizer", "an optimizer needs `optimizer.lr`", "optimizer")
            return None
        name = str(self.ledger.take("optimizer.opt") or "adamw").lower()
        base = name.removeprefix("lookahead_")
        if base not in OPTIMIZERS:
            known = ", ".join(OPTIMIZERS)
            self.ledger.none("optimizer", f"there is no optimizer `{name}` here: {known}", "optimizer")
            return None
        block, options = OPTIMIZERS[base]
        arguments: dict[str, Any] = {"lr": float(rate)}
        self.ledger.written("optimizer.lr", "optimizer.lr", section="optimizer")
        self.ledger.written(
            "optimizer.opt", f"optimizer = {block}", LOOKAHEAD if base != name else None, "optimizer"
        )
        decay = number(self.ledger, "optimizer.weight_decay", FROM_ZERO)
        if decay is not None:
            arguments["weight_decay"] = decay
            self.ledger.written("optimizer.weight_decay", "optimizer.weight_decay", section="optimizer")
        if block == "SGD":
            arguments |= {"momentum": number(self.ledger, "optimizer.momentum", FROM_ZERO) or 0.9, **options}
            self.ledger.written("optimizer.momentum", "optimizer.momentum", section="optimizer")
        else:
            arguments |= self.moments()
        pairs = ", ".join(f"{key} = {literal(value)}" for key, value in arguments.items())
        return f"optimizer = {block}({pairs})"

    def moments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        betas = self.ledger.take("optimizer.opt_betas")
        if betas is not None:
            right = isinstance(betas, list) and len(betas) == 2
            if not right or not all(isinstance(item, float | int) and 0 <= item < 1 for item in betas):
                place = self.ledger.place("optimizer.opt_betas")
                raise ConfigError(
                    place,
                    f"`optimizer.opt_betas` is {literal(betas)}, and it is two numbers from 0 to below 1",
                )
            found["betas"] = betas
            self.ledger.written("optimizer.opt_betas", "optimizer.betas", section="optimizer")
        epsilon = number(self.ledger, "optimizer.opt_eps", POSITIVE)
        if epsilon == 1e-8:
            self.ledger.default("optimizer.opt_eps", "optimizer.eps")
        elif epsilon is not None:
            found["eps"] = epsilon
            self.ledger.written("optimizer.opt_eps", "optimizer.eps", section="optimizer")
        return found

    def schedule(self) -> str | None:
        arguments = []
        for path, name in (("optimizer.min_lr", "min_lr"), ("training.warmup_epochs", "warmup_epochs")):
            value = number(self.ledger, path, FROM_ZERO)
            if value is not None:
                arguments.append(f"{name} = {literal(value)}")
                self.ledger.written(path, f"schedule.{name}", section="optimizer")
        return f"schedule  = cosine({', '.join(arguments)})" if arguments else None
