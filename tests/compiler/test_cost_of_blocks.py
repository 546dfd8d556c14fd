"""FLOPs and memory of single blocks, between layers that learn, against what torch counts and keeps."""

from __future__ import annotations

import pytest

import getdsl
from getdsl.compiler.cost import step_cost
from tests.compiler.test_cost import counted, kept
from tests.compiler.trials import Trial

SIZES = {"B": 3}
ALONG = [
    "Conv1d(6, 5, stride = 2)",
    "Conv1d(6, 5, padding = 3, dilation = 2)",
    'Conv1d(6, 5, padding = "causal")',
    "ConvTranspose1d(6, 4, stride = 2, padding = 1)",
    "MaxPool1d(3, 2, padding = 1)",
    "AvgPool1d(3, 2, padding = 1)",
    "Upsample(3)",
    'Upsample(2, mode = "linear")',
    "GroupNorm(2, 8)",
    "InstanceNorm(8, affine = true)",
    "RMSNorm(8)",
    "CrossAttention(x, 8, 2)",
    "CrossAttention(first[:, 3:], 8, 2, dim_head = 5)",
    'Attention(8, 2, positions = "rotary")',
    "Attention(8, 2, causal = true, window = 4)",
    'Attention(8, 2, positions = "alibi")',
    'RelativeAttention(8, 2, 3, 5, 4, distances = "steps")',
    "LSTM(6)",
    "LSTM(6, num_layers = 2, bidirectional = true, dropout = 0.5)",
    "GRU(6, bidirectional = true)",
    "GRU(6, num_layers = 3)",
]
MAPS = [
    "Conv2d(6, [3, 1], padding = [1, 0], stride = 2)",
    "ConvTranspose2d(6, [3, 2], stride = 2)",
    "MaxPool2d([3, 2])",
    "AvgPool2d([3, 2], 1)",
    "Upsample2d(2)",
]


def trial_of(body: str, output: str = "y = relu(body)") -> Trial:
    spec = f"""model M {{
        input x: [B, 30, 5]
        first = x -> Linear(8)
        {body}
        output {output}
    }}
    loss {{ y = MSE(y, batch.y) }}
    """
    compiled = getdsl.compile_text(spec)
    return Trial("one", compiled, compiled.dummy_batch(**SIZES))


@pytest.mark.parametrize("call", [*ALONG, *MAPS])
def test_a_block_costs_what_torch_counts(call: str) -> None:
    last = ', channels = "last")' if call in MAPS else ")"
    shaped = "reshape(first, B, 5, 6, 8)" if call in MAPS else "first"
    trial = trial_of(f"body = {shaped} -> {call[:-1]}{last}")
    cost = step_cost(trial.compiled.spec, trial.sizes(), trial.trainable)
    assert not cost.not_counted
    assert (cost.forward.value, cost.backward.value) == counted(trial)
    assert cost.activations.value == pytest.approx(kept(trial), rel=0.05)
