"""The pages with fences, and how each is run."""

from __future__ import annotations

from dataclasses import dataclass, field

LITTLE = {
    "train": ("--set", "data.per_epoch=64", "--set", "data.eval_samples=64", "--set", "train.epochs=1"),
    "interpret": ("--limit", "4", "--references", "2"),
}


@dataclass(frozen=True)
class Page:
    fewer: dict[str, tuple[str, ...]] = field(default_factory=lambda: LITTLE)
    figures: bool = False
    skip: tuple[str, ...] = ()  # words of Python that is not run here


TOUR = "tour.md"
RUN = {  # after the tour, in a folder with its spec and its run
    "checkpoints.md": Page(),
    "cluster.md": Page(),
    "completion.md": Page(),
    "design.md": Page(),
    "diagnostics.md": Page(),
    "diff.md": Page(figures=True),
    "fine-tune-get.md": Page(),
    "new-head.md": Page(),
    "export.md": Page(skip=("torch.export.load", "onnxruntime")),  # which tests/exports writes and loads
    "graph.md": Page(),
    "interpret.md": Page(),
    "editors.md": Page(),
    "lsp.md": Page(),
    "notebooks.md": Page(),
    "publish.md": Page(),
    "python.md": Page(figures=True),
    "releasing.md": Page(),
    "score.md": Page(),
}
BY = {  # the test that runs a page in a way of its own
    "README.md": "tests/test_docs.py",
    "fmt.md": "tests/formatter/test_formatter.py",
    "language.md": "tests/test_docs.py",
    "performance.md": "tests/test_performance_page.py",
    "plan.md": "tests/plan/test_page.py",
    "readers.md": "tests/test_readers_page.py",
    "runs.md": "tests/test_runs_page.py",
    "stages.md": "tests/test_stages_page.py",
    "training.md": "tests/test_training_page.py",
    "your-data.md": "tests/test_your_data_page.py",
    "zoo.md": "tests/zoo/published.py",
    "yeast.md": "tests/test_yeast_page.py",
    "import.md": "tests/importing/test_command.py",
}
NOT_RUN = {
    "data-store.md": "its store is of files that do not come along; tests/data/store runs `getdsl prepare`",
}
