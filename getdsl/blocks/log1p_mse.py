"""Body of `log1p_mse.get`."""

from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class Log1pMSE(nn.Module):
    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        prediction, target = widen(prediction, target)
        return (target.log1p() - prediction).square()
