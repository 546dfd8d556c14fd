"""DanQ, in the layout of the class of that name in ExplaiNN's package."""

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import Drawn
from tests.zoo.plain.recurrent import lstm


def danq(layers: Drawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    width = sizes["width"]
    kernels = layers.draw("Conv1.weight", [width, 4, 26], 0.4)
    x = F.max_pool1d(F.conv1d(sequence, kernels, layers.draw("Conv1.bias", [width], 0.3)).relu(), 13)
    x = lstm(layers, "BiLSTM", x.transpose(1, 2), width, sizes["num_layers"]).flatten(1)
    x = layers.linear("Linear1", x, sizes["hidden"]).relu()
    logits = layers.linear("Linear2", x, sizes["num_classes"])
    return {"chromatin": logits.sigmoid(), "logits": logits}
