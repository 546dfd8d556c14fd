"""Names of Python that metadata speak of, and that can do no harm to whoever loads them: no trust is needed.

Nothing behind them is imported here either; stand-ins take their place as for foreign names.
"""

from __future__ import annotations

Name = tuple[str, str]  # a module, and a name in it

_CONTAINERS = "list dict tuple set frozenset int float complex bool str bytes bytearray range slice object"
_OMEGACONF = (
    "AnyNode StringNode IntegerNode FloatNode BooleanNode BytesNode PathNode EnumNode UnionNode "
    "InterpolationResultNode"
)
_PATHS = "Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath"
_NUMBERS = (
    "bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 "
    "complex128 str_ bytes_ datetime64 timedelta64"
)
MODULES = {
    "builtins": _CONTAINERS,
    "collections": "defaultdict deque",
    "copyreg": "_reconstructor",
    "argparse": "Namespace",
    "types": "SimpleNamespace",
    "typing": "Any Union Optional List Dict Tuple",
    "pathlib": _PATHS,
    "pathlib._local": _PATHS,
    "datetime": "datetime date time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "uuid": "UUID",
    "numpy": _NUMBERS,
    "torch.torch_version": "TorchVersion",
    "omegaconf.dictconfig": "DictConfig",
    "omegaconf.listconfig": "ListConfig",
    "omegaconf.base": "ContainerMetadata Metadata Node SCMode",
    "omegaconf.nodes": _OMEGACONF,
    "lightning.fabric.utilities.data": "AttributeDict",
    "lightning_fabric.utilities.data": "AttributeDict",
    "pytorch_lightning.utilities.parsing": "AttributeDict",
    "lightning.pytorch.utilities.parsing": "AttributeDict",
}
INERT: frozenset[Name] = frozenset(
    (module, name) for module, names in MODULES.items() for name in names.split()
)
