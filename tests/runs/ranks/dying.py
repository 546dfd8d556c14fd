"""`getdsl`, started plainly, whose second process is killed at its eighth step: `dying.py train SPEC …`."""

import os
import signal
import sys
from typing import Any
from unittest.mock import patch

from getdsl.cli import main
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.training.lightning_module import SpecModule

step = SpecModule.training_step


def dying(self: SpecModule, batch: Any, index: int) -> Any:
    if self.position.step == 7 and Process.current().rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch, index)


with patch.object(SpecModule, "training_step", dying):
    raise SystemExit(main(sys.argv[1:]))
