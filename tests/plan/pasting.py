"""What a person does with helps: pastes them into the spec, and asks for the plan again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from getdsl.compiler.plan.plan import Plan
from getdsl.diagnostics import Diagnostic

ROUNDS = 6
LIST = re.compile(r"`(drop|new|on) = \[(.*?)\]`")
LORA = re.compile(r"`lora \{ (.*?) \}`")
KEY = re.compile(r"`key = (\".*?\")`")


@dataclass
class Draft:
    """A spec's one `load` and its `lora`, being mended."""

    drop: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    rename: list[str] = field(default_factory=list)
    lora: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    file: str = "0"

    def __str__(self) -> str:
        lines = [f"drop = [{', '.join(self.drop)}]"] * bool(self.drop)
        lines += [f"new = [{', '.join(self.new)}]"] * bool(self.new)
        lora = "  ".join(f"{name} = {value}" for name, value in self.lora.items())
        lines += [f"key = {self.key}"] * (self.key is not None)
        body = "\n".join([*lines, *self.rename])
        return f'load "{self.file}" {{\n{body}\n}}\n' + (f"lora {{ {lora} }}\n" if self.lora else "")

    def paste(self, item: Diagnostic) -> bool:
        """Does what a help says, its first way; whether it says something to paste."""
        help = item.help or ""
        if "\nrename {" in help:
            self.rename = help.splitlines()[1:]
            return True
        if found := LORA.search(help):
            self.lora = dict(re.findall(r"(\w+) = (\[.*?\]|\S+)", found[1].replace("…", "1")))
            return True
        if "leave `rank` out" in help:
            del self.lora["rank"]
            return True
        if item.code == "GET516":
            return self._narrow(item)
        if found := KEY.search(help):
            self.key = found[1]
            return True
        for name, patterns in LIST.findall(help):
            self._take(name, patterns)
        return bool(LIST.search(help))

    def _take(self, name: str, patterns: str) -> None:
        if name == "on":
            self.lora["on"] = f"[{patterns}]"
        else:
            setattr(self, name, [*getattr(self, name), *patterns.split(", ")])

    def _narrow(self, item: Diagnostic) -> bool:
        """What is declared new and in the file is loaded."""
        pattern = item.message.split("`")[1]
        self.new = [text for text in self.new if text.strip('"') != pattern]
        found = re.search(r"write `new = \[(.*?)\]`", item.help or "")
        self.new += found[1].split(", ") if found is not None else []
        return True


def pasted(draft: Draft, plan: Callable[[str], Plan]) -> Plan:
    """The plan once no help has anything to paste, or the plan that still cannot run."""
    made = plan(str(draft))
    for _ in range(ROUNDS):
        wrong = [item for item in made.diagnostics if item.severity == "error"]
        if not [item for item in wrong if draft.paste(item)]:
            break
        made = plan(str(draft))
    return made
