"""Keras networks -> ONNX files, float32 and int8, free in height and width.

The one module that imports TensorFlow: tf2onnx converts its graphs.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from basics.files import atomic_write

OPSET = 18
Inputs = Sequence[NDArray[np.float32]]


def in_float32(network: keras.Model) -> keras.Model:
    """Rebuild a network in float32, whatever it was trained in, with the same weights.

    ONNX Runtime refuses bfloat16 convolutions. Bilinear upsampling is replaced by a layer whose
    graph leaves height and width free.
    """
    keras.config.set_dtype_policy("float32")

    def rebuild(layer: keras.Layer) -> keras.Layer:
        if not isinstance(layer, keras.Layer):  # an operation of the graph: it has no weights
            return layer
        if isinstance(layer, keras.Model):
            return in_float32(layer)
        if isinstance(layer, layers.UpSampling2D) and layer.interpolation == "bilinear":
            return _BilinearUpsampling(layer.size[0], name=layer.name)
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float32"})

    rebuilt = keras.models.clone_model(network, clone_function=rebuild)
    rebuilt.set_weights(network.get_weights())
    return rebuilt


def write_onnx(network: keras.Model, path: Path, outputs: Sequence[str]) -> None:
    """Write a float32 network as ONNX.

    Args:
        network: as `in_float32` gives it.
        path: written aside, then renamed.
        outputs: a name for each output, in order.
    """
    import tf2onnx

    signature = [
        tf.TensorSpec(
            (*[None] * (len(one.shape) - 1), one.shape[-1]), tf.float32, name=f"input_{i}"
        )
        for i, one in enumerate(network.inputs)
    ]

    @tf.function(input_signature=signature)
    def run(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        given = list(inputs)
        results = network(given if len(given) > 1 else given[0], training=False)
        results = results if isinstance(results, list | tuple) else [results]
        # keys sort as numbers: tf2onnx orders outputs by name
        return {
            f"{i}_{name}": one for i, (name, one) in enumerate(zip(outputs, results, strict=True))
        }

    with atomic_write(path) as side:
        tf2onnx.convert.from_function(run, signature, opset=OPSET, output_path=str(side))


def write_int8(
    float_path: Path,
    path: Path,
    calibration: Iterator[dict[str, NDArray]],
    *,
    first_exact: float = 0.0,
) -> None:
    """Quantize an ONNX file: int8 weights per channel, uint8 activations; the last layer not.

    Args:
        float_path: what `write_onnx` wrote.
        path: written aside, then renamed.
        calibration: inputs by name, from real photos; they set the ranges of the activations.
        first_exact: what stays in float32, too: the network up to this share of its convolutions.
    """
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):
        def get_next(self) -> dict[str, NDArray] | None:
            return next(calibration, None)

    with atomic_write(path) as side, atomic_write(path.with_suffix(".pre.onnx")) as prepared:
        quant_pre_process(str(float_path), str(prepared), skip_symbolic_shape=True)
        nodes = [(one.name, one.op_type) for one in onnx.load(prepared).graph.node]
        places = [place for place, (_, kind) in enumerate(nodes) if kind == "Conv"]
        start = places[int(first_exact * len(places))] if first_exact else 0
        quantization.quantize_static(
            str(prepared),
            str(side),
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            op_types_to_quantize=["Conv", "Add", "Concat", "Resize", "Clip", "Relu"],
            nodes_to_exclude=[nodes[place][0] for place in (*range(start), *places[-1:])],
        )
        prepared.touch()


class _BilinearUpsampling(layers.Layer):
    """`UpSampling2D(interpolation="bilinear")`, whose check of the size needs known numbers."""

    def __init__(self, factor: int, **kwargs: str) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(x)
        return tf.image.resize(x, (self.factor * shape[1], self.factor * shape[2]), "bilinear")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, height, width, channels = input_shape
        larger = [None if side is None else self.factor * side for side in (height, width)]
        return batch, *larger, channels
