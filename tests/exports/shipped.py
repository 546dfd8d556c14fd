"""The shipped specs, at sizes that are written and run in seconds."""

from typing import Any

from tests.specs.models import MODELS
from tests.zoo.sizes import SMALL
from tests.zoo.test_recorded import read

RECORDED = ("bpnet", "chrombpnet", "enformer")


def shipped() -> dict[str, dict[str, Any]]:
    """Params by spec, named as below specs/ without its ending."""
    return {
        "quickstart": {},
        "my_model": {"num_motif": 6, "embed_dim": 12, "num_layers": 2, "num_heads": 3},
        **{f"get/{name}": model.params for name, model in MODELS.items()},
        **{f"zoo/{name}": {} for name in ("basset", "deepsea", "deepstarr")},
        **{f"zoo/{name}": params for name, params in SMALL.items()},
        **{f"zoo/{name}": read(name)[0]["params"] for name in RECORDED},
    }
