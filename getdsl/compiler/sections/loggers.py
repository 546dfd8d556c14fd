"""Where the figures of a run go beside its own history: the trackers of others."""

from typing import Annotated, ClassVar

from getdsl.compiler.sections.declare import Choice, Doc


class Logger(Choice):
    """What a tracker is; its library is an extra of the package."""


class TensorBoard(Logger):
    """Event files in the run's folder, for `tensorboard --logdir`."""

    word: ClassVar[str] = "TensorBoard"


class WandB(Logger):
    """Weights & Biases."""

    word: ClassVar[str] = "WandB"

    project: Annotated[str, Doc("its project there")] = "getdsl"
    run: Annotated[str | None, Doc("the run's name there", "the name of its folder")] = None
    offline: Annotated[bool, Doc("written to the run's folder only, to be sent with `wandb sync`")] = False


class MLflow(Logger):
    """MLflow, on a server or in the run's folder."""

    word: ClassVar[str] = "MLflow"

    experiment: Annotated[str, Doc("its experiment there")] = "getdsl"
    run: Annotated[str | None, Doc("the run's name there", "the name of its folder")] = None
    uri: Annotated[str | None, Doc("the server", "what MLFLOW_TRACKING_URI says, or the run's folder")] = None


LOGGERS = TensorBoard | WandB | MLflow
