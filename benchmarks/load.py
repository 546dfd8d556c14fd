"""Memory and time of `load`: a spec of so many megabytes of weights, compiled without and with a checkpoint.

Each run is a process of its own. `over_mb` is the most memory that a run with `load` held beyond what the
model itself takes once it is built; the limit is 1.2 times the checkpoint. Prints a row for each format, adds
it to benchmarks/results/load.csv, and exits 1 where the limit is passed.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

LIMIT = 1.2
LAYERS = 4
FORMATS = ("safetensors", "getdsl", "torch", "sharded")
RESULTS = Path(__file__).parent / "results" / "load.csv"


def width_of(megabytes: int) -> int:
    """The width of the layers, each width x width in float32, that fill so many megabytes."""
    return int((megabytes * 1e6 / 4 / LAYERS) ** 0.5)


def spec(width: int, load: str | None) -> str:
    lines = [f'load "{load}" {{}}'] if load else []
    lines += ["model Wide {", f"    input x: [B, {width}]"]
    names = ["x", *(f"layer{number}" for number in range(LAYERS))]
    lines += [f"    {name} = {before} -> Linear({width})" for before, name in pairwise(names)]
    return "\n".join([*lines, f"    output y = {names[-1]}", "}", ""])


def write(folder: Path, format: str, width: int) -> Path:
    """A checkpoint for the spec, in a process of its own so that its memory is not ours."""
    import torch
    from safetensors.torch import save_file

    state: dict[str, torch.Tensor] = {}
    for number in range(LAYERS):
        state |= {f"layer{number}.weight": torch.rand(width, width), f"layer{number}.bias": torch.rand(width)}
    path = folder / f"base.{format}"
    if format == "safetensors":
        save_file(state, path)
    elif format == "torch":
        torch.save({"state_dict": state, "epoch": 1}, path)
    elif format == "getdsl":
        from getdsl.weights.write_ours import write_ours

        write_ours(path, state, {})
    else:
        path.mkdir()
        names = list(state)
        index: dict[str, str] = {}
        for number, part in enumerate((names[::2], names[1::2])):
            save_file({name: state[name] for name in part}, path / f"part-{number}.safetensors")
            index |= dict.fromkeys(part, f"part-{number}.safetensors")
        (path / "base.index.json").write_text(json.dumps({"weight_map": index}))
    return path


def worker(path: Path) -> dict[str, float]:
    """Compiles a spec; memory now and at most, in MB, and seconds."""
    import torch

    import getdsl

    torch.set_num_threads(1)
    started = time.perf_counter()
    compiled = getdsl.compile(path, seed=0)
    seconds = time.perf_counter() - started
    assert compiled.module is not None
    return {"now": status("VmRSS"), "peak": status("VmHWM"), "seconds": seconds}


def status(name: str) -> float:
    """A figure of this process, in MB; `getrusage` would count the memory of the one that began it, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:"))


def run(*arguments: str) -> Any:
    done = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def measure(folder: Path, megabytes: int, format: str) -> dict[str, Any]:
    width = width_of(megabytes)
    base = Path(run("--write", str(folder), format, str(width)))
    for name, load in (("plain", None), ("loaded", str(base))):
        (folder / f"{name}.get").write_text(spec(width, load))
    plain, loaded = (run("--worker", str(folder / f"{name}.get")) for name in ("plain", "loaded"))
    size = sum(item.stat().st_size for item in ([base] if base.is_file() else base.iterdir())) / 1e6
    over = loaded["peak"] - plain["now"]
    return {
        "format": format,
        "checkpoint_mb": round(size),
        "model_mb": round(plain["now"]),
        "peak_mb": round(loaded["peak"]),
        "over_mb": round(over),
        "ratio": round(over / size, 3),
        "build_s": round(plain["seconds"], 2),
        "load_s": round(loaded["seconds"] - plain["seconds"], 2),
    }


def keep(row: dict[str, Any]) -> None:
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def about() -> dict[str, str]:
    from importlib.metadata import version

    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1] for line in lines if "model name" in line), platform.machine())
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": model.strip(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "safetensors": version("safetensors"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, metavar="N", help="size of the weights (1000)")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--no-results", action="store_true", help="print only")
    parser.add_argument("--worker", metavar="SPEC", help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=3, metavar=("DIR", "FORMAT", "WIDTH"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(worker(Path(args.worker))))
        return 0
    if args.write:
        folder, format, width = args.write
        print(json.dumps(str(write(Path(folder), format, int(width)))))
        return 0
    worst = 0.0
    for format in args.formats:
        with tempfile.TemporaryDirectory() as folder:
            row = measure(Path(folder), args.megabytes, format)
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
        worst = max(worst, row["ratio"])
        if not args.no_results:
            keep(about() | row)
    print(f"limit {LIMIT}: {'held' if worst <= LIMIT else 'PASSED'}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
