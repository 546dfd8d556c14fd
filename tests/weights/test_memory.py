"""What `load` holds in memory beside the model: the file's mapped pages, and no second copy."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells its peaks there")
SIZE = 200  # MB
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "load.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_load", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(benchmark: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Memory, in MB, that the model takes without a checkpoint."""
    path = tmp_path_factory.mktemp("plain") / "plain.get"
    path.write_text(benchmark.spec(benchmark.width_of(SIZE), None))
    return float(benchmark.run("--worker", str(path))["now"])


@pytest.mark.parametrize("format", ["getdsl", "torch"])
def test_a_checkpoint_is_not_copied_twice(
    format: str, benchmark: ModuleType, built: float, tmp_path: Path
) -> None:
    width = benchmark.width_of(SIZE)
    base = benchmark.write(tmp_path, format, width)
    (tmp_path / "loaded.get").write_text(benchmark.spec(width, str(base)))
    peak = benchmark.run("--worker", str(tmp_path / "loaded.get"))["peak"]
    base.unlink()
    assert peak - built < benchmark.LIMIT * SIZE
