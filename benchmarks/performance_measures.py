"""What docs/performance.md shows of each file of results."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measure:
    title: str
    what: str
    command: str
    file: str
    by: tuple[str, ...]  # what tells one measure from another: of each the last row is shown
    columns: dict[str, str]  # of the file, and how the page calls them
    only: dict[str, str] = field(default_factory=dict)
    largest: str = ""  # the figure by which rows are sorted
    most: int = 12


DATA = "--genome sacCer3.fa --tracks plus.bw minus.bw --regions peaks.narrowPeak"
PER_SECOND = {"reader": "reader", "samples": "samples", "samples_per_second": "samples a second"}
MEASURES = [
    Measure(
        "The quickstart",
        "A model of yeast promoters from command to figures, by seed, beside ridge regression on motif hits.",
        "python benchmarks/quickstart.py",
        "quickstart.json",
        ("seed",),
        {"seed": "seed", "seconds": "seconds", "pearson": "Pearson r", "baseline": "baseline r"},
    ),
    Measure(
        "To the first step",
        "Seconds from `getdsl train` to the first step of the optimizer, and how many of them imports take.",
        "python benchmarks/first_step.py",
        "first_step.csv",
        ("spec",),
        {"spec": "spec", "load": "load of the machine", "seconds": "seconds", "imports": "imports"},
    ),
    Measure(
        "An epoch with fused kernels",
        "An epoch of the quickstart with fused kernels and without, and the most memory that each holds.",
        "python benchmarks/epoch.py",
        "epoch.csv",
        ("spec",),
        {
            "threads": "threads",
            "fused_s": "fused, s",
            "plain_s": "plain, s",
            "ratio": "times as fast",
            "fused_mb": "fused, MB",
            "plain_mb": "plain, MB",
        },
    ),
    Measure(
        "Reading and checking texts",
        "Seconds to read texts, beside Lark's own parser, and to check them.",
        "python benchmarks/reading.py --record",
        "reading.csv",
        ("text",),
        {
            "text": "text",
            "characters": "characters",
            "lark_s": "Lark's own tree, s",
            "tree_s": "tree, s",
            "read_s": "read, s",
            "check_s": "check, s",
        },
    ),
    Measure(
        "The language server",
        "From an edit in a spec that uses GET and the zoo to its diagnostics, beside a whole check.",
        "python benchmarks/lsp.py",
        "lsp.csv",
        ("kind",),
        {"kind": "edit", "lines": "lines", "median_ms": "median, ms", "p95_ms": "95 % within, ms"},
    ),
    Measure(
        "Kernels",
        "Each kernel beside the plain operations that it stands for, in batches of 16.",
        "python benchmarks/kernels.py",
        "kernels.csv",
        ("device", "op", "kind"),
        {
            "device": "device",
            "op": "kernel",
            "kind": "pass",
            "length": "length",
            "motifs": "motifs",
            "plain_ms": "plain, ms",
            "kernel_ms": "kernel, ms",
            "ratio": "times as fast",
        },
        only={"batch": "16"},
    ),
    Measure(
        "Steps of models of the zoo, fused",
        "A training step of specs whose graphs change when they are fused, with fusion and without.",
        "python benchmarks/fusions.py",
        "fusions.csv",
        ("spec",),
        {
            "spec": "spec",
            "batch": "batch",
            "plain_s": "plain, s",
            "fused_s": "fused, s",
            "ratio": "times as fast",
        },
    ),
    Measure(
        "Fine-tuning GET at its published size",
        "A training step of region_finetune beside the same model in plain PyTorch.",
        "python benchmarks/region_finetune.py",
        "region_finetune.csv",
        ("variant", "precision"),
        {
            "variant": "variant",
            "precision": "precision",
            "seconds": "seconds a step",
            "ratio": "times as fast as plain float32",
        },
    ),
    Measure(
        "Reading region data",
        "Samples a second of GET's region data, beside a loader that holds the whole store, as GET's does.",
        "python benchmarks/region_motif.py",
        "region_motif.csv",
        ("peaks",),
        {
            "peaks": "peaks",
            "whole_store": "whole store",
            "first_epoch": "first epoch",
            "third_epoch": "third epoch",
            "ratio": "times as fast",
        },
    ),
    Measure(
        "Reading FASTA and bigWig",
        "Batches of 2,114 bp of DNA and two tracks of 1,000 bp, beside pyfaidx and pyBigWig.",
        f"python benchmarks/data_reading.py {DATA}",
        "data_reading.csv",
        ("reader",),
        PER_SECOND,
    ),
    Measure(
        "Reading a store",
        "The same batches from a [store](data-store.md), between reading files and copying arrays in memory.",
        f"python benchmarks/data_store.py {DATA}",
        "data_store.csv",
        ("reader",),
        PER_SECOND,
    ),
    Measure(
        "Memory of data",
        "What opening and preparing data hold at their most, by the number of regions.",
        "python benchmarks/data_memory.py --regions 5000 50000 500000 1000000",
        "data_memory.csv",
        ("regions", "step"),
        {
            "regions": "regions",
            "step": "step",
            "over_mb": "MB",
            "seconds": "seconds",
            "table_mb": "table, MB",
        },
    ),
    Measure(
        "Scoring variants",
        "Variants a second: what a variant touches computed anew, beside whole runs of each alternate.",
        "python benchmarks/score.py VARIANTS.vcf.gz",
        "score.csv",
        ("model", "what"),
        {
            "model": "model",
            "what": "what",
            "number": "number",
            "whole_per_second": "whole runs",
            "touched_per_second": "what is touched",
            "times": "times as fast",
        },
    ),
    Measure(
        "What contributions add up to",
        "The largest share of its difference that a promoter misses; `evenly` has as many points.",
        "python benchmarks/attributions.py runs/quickstart",
        "attributions.csv",
        ("method",),
        {
            "method": "method",
            "samples": "samples",
            "references": "references",
            "worst": "worst",
            "median": "median",
            "median_points": "points, median",
            "points": "points, most",
        },
    ),
    Measure(
        "Loading checkpoints",
        "Memory beyond the compiled model's, and seconds, of loading a checkpoint of 1,000 MB, by format.",
        "python benchmarks/load.py",
        "load.csv",
        ("format",),
        {
            "format": "format",
            "checkpoint_mb": "file, MB",
            "over_mb": "over the model, MB",
            "load_s": "seconds",
        },
    ),
    Measure(
        "The same bits again",
        "What it costs to have MKL repeat its results to the bit ([checkpoints](checkpoints.md)).",
        "python benchmarks/repeatable.py",
        "repeatable.csv",
        ("mode",),
        {
            "mode": "MKL_CBWR",
            "quickstart_epoch_s": "epoch of the quickstart, s",
            "region_finetune_step_s": "step of region_finetune, s",
            "region_finetune_predict_s": "its prediction, s",
        },
    ),
    Measure(
        "Killed and resumed",
        "Commands killed at random moments and started again: files that differ from a run in one go.",
        "python benchmarks/kill_and_resume.py train SPEC",
        "kill_and_resume.csv",
        ("command",),
        {
            "command": "command",
            "kills": "kills",
            "rounds": "rounds",
            "files": "files",
            "differ": "files that differ",
        },
    ),
    Measure(
        "Growth of `check`",
        "How time grows with the size of a construct, as a share of linear growth: the five that grow most.",
        "python benchmarks/growth.py",
        "growth.csv",
        ("construct", "read"),
        {
            "construct": "construct",
            "read": "stage",
            "least": "from",
            "most": "to",
            "most_s": "seconds",
            "over_linear": "of linear",
        },
        largest="over_linear",
        most=5,
    ),
    Measure(
        "The largest specs",
        "Processor seconds and memory of `check` for 100 kB of a construct: the five that take longest.",
        "python benchmarks/largest.py",
        "largest.csv",
        ("construct",),
        {"construct": "construct", "times": "times", "seconds": "seconds", "megabytes": "MB"},
        largest="seconds",
        most=5,
    ),
]
