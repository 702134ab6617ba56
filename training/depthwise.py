"""Gradients of depthwise convolutions, put together from operations that are fast on CPUs.

TensorFlow's own are slow there for stride 2 and for kernels of 5 x 5: half of a training step of an
encoder. The same gradients, up to rounding, come from the forward pass with the kernel turned round
and from windows of 3 x 3. What they gain: `python -m benchmarks.depthwise`.
"""

from functools import partial
from typing import Any

import keras
from keras import layers

Tensor = Any  # of TensorFlow, which is imported only where it trains

ALONG = [[0, 0], [1, 0], [0, 0], [1, 0], [0, 0]]  # zeros before each row and before each column


def quicken_gradients(network: keras.Model) -> int:
    """Give the depthwise convolutions of a network, inner networks included, the fast gradients.

    Where TensorFlow trains on a CPU; elsewhere nothing changes. What the network computes, and what
    a checkpoint of it holds, stays as it is.

    Returns:
        How many convolutions were changed.
    """
    if not _is_tensorflow_on_cpu():
        return 0
    changed = 0
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            changed += quicken_gradients(layer)
        elif _is_covered(layer):
            layer.call = partial(_convolve, layer)
            changed += 1
    return changed


def _is_tensorflow_on_cpu() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


def _is_covered(layer: Any) -> bool:
    """Whether it is of a kind that encoders have, of which both gradients are known below."""
    return (
        isinstance(layer, layers.DepthwiseConv2D)
        and layer.kernel_size in ((3, 3), (5, 5))
        and layer.strides in ((1, 1), (2, 2))
        and layer.dilation_rate == (1, 1)
        and layer.depth_multiplier == 1
        and layer.padding == "same"
        and layer.data_format == "channels_last"
        and layer.use_bias
        and layer.activation is keras.activations.linear
    )


def _convolve(layer: layers.DepthwiseConv2D, x: Tensor) -> Tensor:
    """(N, H, W, C) -> what `DepthwiseConv2D` makes of it, (N, H / stride, W / stride, C)."""
    import tensorflow as tf

    (_, height, width, _), stride = x.shape, layer.strides[0]
    kernel, bias = tf.cast(layer.kernel, x.dtype), tf.cast(layer.bias, x.dtype)
    if height is None or width is None or height % stride or width % stride:
        return tf.nn.depthwise_conv2d(x, kernel, [1, stride, stride, 1], "SAME") + bias

    @tf.custom_gradient
    def convolve(x: Tensor, kernel: Tensor) -> tuple:
        def gradients(upstream: Tensor) -> tuple:
            spread = _spread(upstream) if stride == 2 else upstream
            turned = tf.reverse(kernel, [0, 1])
            back = tf.nn.depthwise_conv2d(spread, turned, [1, 1, 1, 1], "SAME")
            return back, _kernel_gradient(x, spread, kernel.shape[0])

        return tf.nn.depthwise_conv2d(x, kernel, [1, stride, stride, 1], "SAME"), gradients

    return convolve(x, kernel) + bias


def _spread(upstream: Tensor) -> Tensor:
    """(N, h, w, C) -> (N, 2 h, 2 w, C): each value at the odd row and column that it came from."""
    import tensorflow as tf

    _, height, width, channels = upstream.shape
    apart = tf.reshape(upstream, (-1, height, 1, width, 1, channels))
    return tf.reshape(tf.pad(apart, [[0, 0], *ALONG]), (-1, 2 * height, 2 * width, channels))


def _kernel_gradient(x: Tensor, upstream: Tensor, side: int) -> Tensor:
    """The gradient (side, side, C, 1) of a kernel of stride 1; one of 5 x 5 from four of 3 x 3."""
    import tensorflow as tf

    _, height, width, channels = upstream.shape
    around = tf.pad(x, [[0, 0], [side // 2, side // 2], [side // 2, side // 2], [0, 0]])

    def window(top: int, left: int) -> Tensor:
        part = around[:, top : top + height + 2, left : left + width + 2]
        ones = [1, 1, 1, 1]
        return tf.nn.depthwise_conv2d_backprop_filter(
            part, (3, 3, channels, 1), upstream, ones, "VALID"
        )

    if side == 3:
        return window(0, 0)
    top, bottom = (tf.concat([window(row, 0)[:, :2], window(row, 2)], axis=1) for row in (0, 2))
    return tf.concat([top[:2], bottom], axis=0)
