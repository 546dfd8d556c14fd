"""GET's Hydra configs as `.get` files: YAML is read and composed as data, mapped, written and checked."""

from getdsl.importing.convert import Imported, import_config

__all__ = ["Imported", "import_config"]
