"""Random trees of configs and random command lines, for composing to be held against Hydra."""

from __future__ import annotations

from random import Random
from typing import Any

import yaml

GROUPS = ("model", "data", "data/sub", "experiment", "model/head")
OPTIONS = ("a", "b", "c")
KEYS = ("x", "y", "z", "p", "q")
HEADERS = ("_global_", "elsewhere", "_global_.deep.er", "x")
PACKAGES = ("_here_", "_global_", "far", "far.off", "_global_.top", "x", "_group_.in", "model")


def tree(random: Random) -> dict[str, str]:
    """Files by their names: `main.yaml`, some beside it, and groups of options."""
    files = {"main.yaml": config(random, "", depth=0), "beside.yaml": config(random, "", depth=2)}
    for group in GROUPS:
        for option in OPTIONS:
            if random.random() < 0.97:
                files[f"{group}/{option}.yaml"] = config(random, group, depth=1 + group.count("/"))
    return files


def config(random: Random, group: str, depth: int) -> str:
    header = f"# @package {random.choice(HEADERS)}\n" if random.random() < 0.2 and depth else ""
    content = table(random)
    entries = defaults(random, group, depth)
    return header + yaml.safe_dump({"defaults": entries, **content} if entries else content, sort_keys=False)


def defaults(random: Random, group: str, depth: int) -> list[Any]:
    if depth > 2 or random.random() < (0.1, 0.6, 0.8)[min(depth, 2)]:
        return []
    below = {"": [*GROUPS[:4]], "model": ["head"], "data": ["sub"]}.get(group, [])
    chosen = random.sample(below, random.randint(min(1, len(below)), len(below)))
    entries = [entry(random, [item]) for item in chosen]
    if group and random.random() < 0.4:
        entries.append(random.choice(["a", "/beside", "/beside@far", {"/experiment": "b"}]))
    if random.random() < 0.6:
        entries.insert(random.randint(0, len(entries)), "_self_")
    if random.random() < 0.1:
        target = random.choice(below or ["/model", "/data", "/model/head"])
        entries.append({f"override {target}": random.choice(OPTIONS)})
    return entries


def entry(random: Random, below: list[str]) -> Any:
    group = random.choice(below)
    kind = random.random()
    at = f"@{random.choice(PACKAGES)}" if random.random() < 0.25 else ""
    if kind < 0.1:
        return f"{group}/{random.choice(OPTIONS)}{at}"
    if kind < 0.15:
        return f"beside{at.replace('_group_.', '')}" if group == "experiment" else f"{group}/a"
    if kind < 0.25:
        return {f"{group}{at}": random.sample(OPTIONS, 2)}
    if kind < 0.3:
        return {f"{group}{at}": None}
    if kind < 0.4:
        return {f"optional {group}{at}": random.choice([*OPTIONS, "nope"])}
    if kind < 0.42:
        return {f"{group}{at}": random.choice(["${model}", "${data}"])}
    return {f"{group}{at}": random.choice(OPTIONS)}


def table(random: Random, depth: int = 0) -> dict[str, Any]:
    return {key: value(random, depth) for key in random.sample(KEYS, random.randint(0 if depth else 1, 3))}


def value(random: Random, depth: int) -> Any:
    if depth < 2 and random.random() < 0.35:
        return table(random, depth + 1)
    return random.choice([0, 1, 2.5, True, None, "text", "???", [1, "b"], [], "1e-3", "a: b"])


PATHS = ("x", "y", "model.x", "model.x.y", "data.sub.x", "far.x", "x.y.z", "new", "model.new", "x.0", "data")
VALUES = (
    *("1", "010", "1:30", "1e-3", "-2", "+5", "1_000", "0x10", ".5", "5.", "yes", "TRUE", "null", "nan", ""),
    *("{x:0.5}", "{x: {y: 1}, z: [a]}", "[1, b,c ]", "[]", "{}", "a b", "'a b'", '"q\\"r"', "a\\,b", "a,b"),
    *("int(3.7)", "str(5)", "float(2)", "bool(true)", "choice(a,b)", "sort(b,a)", "a=b", "???", "a@b", "~x"),
    *("${x}", "a/b.pth", "s3://b/c.pt", "2020-01-01", "[a", "{a}", "[[1],{b:2}]", "x:", " 7 ", "#no", "'a'b"),
    *(
        "int([1,'2'])",
        "float(x)",
        "null_",
        "truth",
        "1.5.2",
        "1e",
        "a\\ b",
        "é",
        "'é'",
        "infx",
        "-inf",
        "12a",
    ),
)


def command(random: Random) -> list[str]:
    return [word(random) for _ in range(random.choice([0, 0, 0, 1, 1, 1, 2]))]


def word(random: Random) -> str:
    kind = random.random()
    if kind < 0.25:
        at = f"@{random.choice(('far', 'x', '_global_'))}" if random.random() < 0.1 else ""
        option = random.choice([*OPTIONS, *OPTIONS, "[a,b]", "null", "5"])
        sign = random.choice(["", "", "", "+", "+", "+", "~", "~", "++"])
        return f"{sign}{random.choice(GROUPS)}{at}={option}"
    path = random.choice(PATHS)
    if kind < 0.45:
        return f"~{path}" + random.choice(["", "=1", "=text"])
    return f"{random.choice(['', '', '+', '++'])}{path}={random.choice(VALUES)}"
