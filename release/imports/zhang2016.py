"""The released weights of Zhang et al. 2016, put into `colorizers.models.zhang2016`.

The Caffe file has a layer of each name; what it has of `conv8_313_rh` and `class8_ab`, if anything,
is ignored, for programs overwrite these two after loading: here are 2.606 and the 313 bins. The
authors' PyTorch network is the same at other scales: it takes (L* - 50) / 100, its batch
normalizations scale and shift, its softmax is not sharpened, and its output counts 110 units.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from colorizers.models import zhang2016
from imaging.lab import AB_SCALE, L_SCALE
from release.imports.caffe import read_caffemodel
from release.imports.pytorch import read_pth

SHA256 = {  # of the released files
    "f5af1e602646328c792e1094f9876fe9cd4c09ac46fa886e5708a1abc89137b1":
        "colorization_release_v2.caffemodel",
}  # fmt: skip
SUFFIXES = (".caffemodel", ".pth")
EPSILON = 1e-5  # of both batch normalizations
PYTORCH_UNIT = 110  # units of a*, b* of the PyTorch network's output
PLACES = {  # place of a block's convolutions and of its normalization in the PyTorch network
    "conv1": ((0, 2), 4), "conv2": ((0, 2), 4), "conv3": ((0, 2, 4), 6), "conv4": ((0, 2, 4), 6),
    "conv5": ((0, 2, 4), 6), "conv6": ((0, 2, 4), 6), "conv7": ((0, 2, 4), 6),
}  # fmt: skip
UPWARDS = {"conv8_1": 0, "conv8_2": 2, "conv8_3": 4}
Table = Mapping[str, Sequence[NDArray[np.float32]]]


def load(path: Path) -> keras.Model:
    """The network with the weights of a released file, by its suffix.

    Args:
        path: a .caffemodel, or a .pth.

    Raises:
        CheckpointError: it is no such file, or its weights do not fit.
        ConfigError: a .pth, and torch is not installed.
    """
    if path.suffix == ".caffemodel":
        return from_caffe(read_caffemodel(path), path)
    if path.suffix == ".pth":
        return from_pytorch(read_pth(path), path)
    what = f"neither a {' nor a '.join(SUFFIXES)} file"
    raise CheckpointError(what, path, "give the file that the authors released")


def from_caffe(layers: Table, path: Path) -> keras.Model:
    """The network with the blobs of each layer of the Caffe file."""
    width = _width(_take(layers, "bw_conv1_1", 2, path)[0], path)
    network = zhang2016.build(width, zhang2016.RELEASED_SHARPNESS)
    for layer in network.layers:
        name = "conv8_313" if layer.name == zhang2016.LOGITS else layer.name
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose):
            if name != "class8_ab":
                kernel, bias = _take(layers, name, 2, path)
                _set(layer, [_kernel(kernel), bias.ravel()], name, path)
        elif isinstance(layer, keras.layers.BatchNormalization):
            mean, variance, count = (one.ravel() for one in _take(layers, name, 3, path))
            if count.shape != (1,) or not count[0] > 0:
                raise CheckpointError(f"{name} was averaged over nothing", path, _FIX)
            _set(layer, [mean / count[0], variance / count[0]], name, path)
    return network


def from_pytorch(tensors: Mapping[str, NDArray[np.float32]], path: Path) -> keras.Model:
    """The network with the tensors of the authors' PyTorch module."""
    width = _width(_tensor(tensors, "model1.0.weight", path), path)
    network = zhang2016.build(width, 1.0, affine=True)

    def convolution(layer: str, place: str, scale: float = 1.0) -> None:
        kernel, bias = (_tensor(tensors, f"{place}.{one}", path) for one in ("weight", "bias"))
        _set(network.get_layer(layer), [_kernel(kernel) * scale, bias], place, path)

    for number, (block, convolutions, _) in enumerate(zhang2016.BLOCKS, start=1):
        places, norm = PLACES[block]
        for index, place in enumerate(places, start=1):
            first = (block, index) == ("conv1", 1)
            name = f"bw_{block}_{index}" if first else f"{block}_{index}"
            convolution(name, f"model{number}.{place}", 1 / L_SCALE if first else 1.0)
        place = f"model{number}.{norm}"
        names = ("weight", "bias", "running_mean", "running_var")
        values = [_tensor(tensors, f"{place}.{one}", path) for one in names]
        _set(network.get_layer(f"{block}_{len(convolutions)}norm"), values, place, path)
    for name, place in UPWARDS.items():
        convolution(name, f"model8.{place}")
    convolution(zhang2016.LOGITS, "model8.6")
    colours = _kernel(_tensor(tensors, "model_out.weight", path)) * (PYTORCH_UNIT / AB_SCALE)
    _set(network.get_layer("class8_ab"), [colours], "model_out", path)
    return network


_FIX = "give the released file, whole"


def _width(kernel: NDArray[np.float32], path: Path) -> float:
    """The factor of all filters, by the first kernel; 1 in the released files."""
    (filters, _), *_ = zhang2016.BLOCKS[0][1]
    if not 1 <= len(kernel) <= filters:
        raise CheckpointError(f"another network: {len(kernel)} first filters", path, _FIX)
    return len(kernel) / filters


def _kernel(blob: NDArray[np.float32]) -> NDArray[np.float32]:
    """(out, in, height, width) -> Keras' (height, width, in, out); of deconvolutions likewise."""
    return blob.transpose(2, 3, 1, 0) if blob.ndim == 4 else blob


def _take(layers: Table, name: str, count: int, path: Path) -> Sequence[NDArray[np.float32]]:
    blobs = layers.get(name, ())
    if len(blobs) != count:
        what = f"layer {name} has {len(blobs)} arrays, not {count}" if blobs else f"no layer {name}"
        raise CheckpointError(f"another network: {what}", path, _FIX)
    return blobs


def _tensor(
    tensors: Mapping[str, NDArray[np.float32]], name: str, path: Path
) -> NDArray[np.float32]:
    if name not in tensors:
        raise CheckpointError(f"another network: no tensor {name}", path, _FIX)
    return tensors[name]


def _set(layer: keras.Layer, values: Sequence[NDArray[np.float32]], name: str, path: Path) -> None:
    """Put arrays into a layer, if they have its shapes and are finite."""
    for own, given in zip(layer.weights, values, strict=True):
        if own.shape != given.shape:
            what = f"another network: {name} has an array {given.shape}, not {tuple(own.shape)}"
            raise CheckpointError(what, path, _FIX)
        if not np.isfinite(given).all():
            raise CheckpointError(f"numbers of {name} are not finite", path, _FIX)
    layer.set_weights(values)
