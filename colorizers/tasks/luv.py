"""Chrominance in CIELUV, by regression and by bins: what Hwang and Zhou's networks are trained on.

The networks give ab as all others do; the losses look at u*, v*, of which that ab is made.
"""

from typing import TYPE_CHECKING

from keras import KerasTensor, ops

from colorizers.tasks.regression import Regression
from training.luv_ops import luv_of_lab
from training.task import Parts, Tensors

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig

HUBER_UV = 0.1  # M, of u*/100, v*/100: errors above it count linearly; ours


def true_uv(outputs: Tensors, like: KerasTensor) -> KerasTensor:
    """(N, h, w, 2) u*/100, v*/100 of the truth, as large as what is predicted."""
    uv = luv_of_lab(outputs["lightness"], outputs["truth"])
    return ops.average_pool(uv, uv.shape[1] // like.shape[1])


def huber_uv(predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """u^2 where |u| < M, M (2 |u| - M) elsewhere, of each number.

    Source: Hwang & Zhou 2016, section 3.1.
    """
    away = ops.abs(predicted - truth)
    near = ops.minimum(away, HUBER_UV)
    return ops.mean(near * (2 * away - near))


def bins_entropy(logits: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Cross entropy of the bins of u* and of v*; what lies beyond the last ones is theirs.

    Args:
        logits: (N, h, w, 2 n), those of u* first.
        truth: (N, h, w, 2) u*/100, v*/100.
    """
    n = logits.shape[-1] // 2
    places = ops.cast(ops.floor((truth + 1) / 2 * n), "int32")
    target = ops.one_hot(ops.clip(places, 0, n - 1), n, dtype="float32")  # (N, h, w, 2, n)
    logits = ops.reshape(logits, (-1, *logits.shape[1:-1], 2, n))
    return -ops.mean(ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1))


class LuvRegression(Regression):
    """A network that predicts u*, v*."""

    def __init__(self, config: "ColorizerConfig", parts: Parts) -> None:
        """As `Regression`; the network has a layer `UV`."""
        from colorizers.models.vgg16_regression import UV

        self.inner = UV
        super().__init__(config, parts)

    def losses(self, outputs: Tensors) -> Tensors:
        """The Huber error of u*, v*."""
        uv = outputs[self.inner]
        return {self.loss: huber_uv(uv, true_uv(outputs, uv))}


class LuvBins(Regression):
    """A network that predicts how likely each bin of u* and of v* is."""

    def __init__(self, config: "ColorizerConfig", parts: Parts) -> None:
        """As `Regression`; the network has a layer `UV_LOGITS`."""
        from colorizers.models.vgg16_bins import UV_LOGITS

        self.inner = UV_LOGITS
        super().__init__(config, parts)

    def losses(self, outputs: Tensors) -> Tensors:
        """The cross entropy of the bins."""
        logits = outputs[self.inner]
        return {self.loss: bins_entropy(logits, true_uv(outputs, logits))}
