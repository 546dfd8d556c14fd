"""A value of the command line put into a composed config, or taken out of it."""

from __future__ import annotations

from getdsl.diagnostics import suggestion_or_list
from getdsl.importing.compose.merging import child, followed, merge
from getdsl.importing.compose.overrides import Override
from getdsl.importing.config import ConfigError, Items, Leaf, Node, Table, copied, plain, steps_of


def apply(root: Table, override: Override) -> None:
    """Raises ConfigError where a value is to be set or taken out that is not there, or added that is."""
    if override.package is not None:
        raise ConfigError(
            override.place,
            f"`@` belongs to a group of configs, and there is no folder `{override.path}`",
            f"set a value by its path: `{override.path}=…`",
        )
    _Change(root, override).make()


class _Change:
    def __init__(self, root: Table, override: Override) -> None:
        self.root = root
        self.override = override
        self.steps = steps_of(override.path)
        *self.outer, self.last = self.steps
        self.open = override.adds or override.forces or override.of_hydra

    def make(self) -> None:
        if self.override.removes:
            self.remove()
            return
        assert self.override.node is not None
        value = copied(self.override.node)
        if self.override.adds:
            self.check_free(value)
        holder = self.holder()
        below = child(holder, self.last)
        if below is None and not self.open:
            raise self.absent(holder)
        if isinstance(value, Table | Items) and isinstance(below, Table | Items):
            value = self.merged(below, value)
        self.put(holder, value)

    def merged(self, below: Table | Items, value: Table | Items) -> Node:
        """A table over the one that is there; a list in the place of one."""
        if isinstance(value, Table) and isinstance(below, Table) and not self.open:
            self.check_known(below, value, self.override.path)
        whole, over = (Table({self.last: item}, self.override.place) for item in (below, value))
        merge(whole, over)
        return whole.entries[self.last]

    def check_free(self, value: Node) -> None:
        """`+` adds, and what is there is no addition: a table or a list is merged, null is no value."""
        there = self.there()
        empty = there is None or (isinstance(there, Leaf) and there.value in (None, "???"))
        if not empty and not isinstance(value, Table | Items):
            assert there is not None
            raise ConfigError(
                self.override.place,
                f"there is a `{self.override.path}` already, in {there.place}",
                f"`{self.override.text[1:]}` sets it",
            )

    def there(self) -> Node | None:
        node: Node | None = self.root
        for number in range(len(self.steps)):
            if not isinstance(node, Table | Items):
                return None  # a table takes its place
            node = self.below(node, number)
        return node

    def below(self, holder: Table | Items, number: int) -> Node | None:
        """What a step of the path leads to, or what that refers to."""
        found = child(holder, self.steps[number])
        return None if found is None else followed(self.root, found, tuple(self.steps[: number + 1]))

    def holder(self) -> Table | Items:
        """What holds the value; where values may be added, tables are made on the way.

        A reference on the way is no table: Hydra puts one in its place too, or refuses to.
        """
        node: Table | Items = self.root
        for step in self.outer:
            below = child(node, step)
            if not isinstance(below, Table | Items):
                if not self.open:
                    raise self.absent(node if below is None else Table({}, self.override.place), step)
                below = Table({}, self.override.place)
                self.put(node, below, step)
            node = below
        return node

    def put(self, holder: Table | Items, value: Node, step: str | None = None) -> None:
        step = self.last if step is None else step
        if isinstance(holder, Table):
            holder.put(step, value, self.override.place)
        elif step.isdecimal() and int(step) < len(holder.items):
            holder.items[int(step)] = value
        else:
            raise self.absent(holder, step)

    def remove(self) -> None:
        holder = self.holder()
        there = child(holder, self.last)
        if not isinstance(holder, Table) or there is None or plain(there) in (None, "???"):
            raise self.absent(holder)
        wanted = self.override.node
        if wanted is not None and plain(wanted) is not None and plain(wanted) != plain(there):
            raise ConfigError(
                self.override.place,
                f"`{self.override.path}` has another value, in {there.place}",
                f"`~{self.override.path}` takes it out whatever it is",
            )
        del holder.entries[self.last]

    def check_known(self, below: Table, value: Table, path: str) -> None:
        """A table that is set says nothing new of the one that is there."""
        for name, item in value.entries.items():
            there = below.entries.get(name)
            if there is None:
                raise self.absent(below, name, f"{path}.{name}")
            if isinstance(there, Table) and isinstance(item, Table):
                self.check_known(there, item, f"{path}.{name}")

    def absent(self, holder: Table | Items, step: str | None = None, path: str | None = None) -> ConfigError:
        known = [*holder.entries] if isinstance(holder, Table) else [*map(str, range(len(holder.items)))]
        help = suggestion_or_list(self.last if step is None else step, known, "settings there")
        added = "" if self.override.removes else f"; `+{self.override.text}` adds it"
        return ConfigError(
            self.override.place,
            f"the config has no `{path or self.override.path}` to "
            f"{'take away' if self.override.removes else 'set'}",
            help + added,
        )
