"""Released weights: what is read of them gives the same colours as the programs they came from."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from basics.errors import CheckpointError
from colorizers.models import zhang2016
from imaging.lab import AB_SCALE, split_lab
from pipeline.engine.bundle_file import read_bundle
from release.import_weights import main
from release.imports.caffe import MAX_LAYERS, read_caffemodel
from release.imports.zhang2016 import PLACES, load
from tests.drawing import draw_photo

WIDTH = 1 / 8
Blobs = Mapping[str, list[NDArray[np.float32]]]


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes in protobuf's wire format."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def caffemodel(layers: Blobs, *, old: bool = False) -> bytes:
    """What Caffe writes; with `old` the shape of each blob in four numbers, as it once did."""
    whole = b""
    for name, blobs in layers.items():
        layer = field(1, name.encode()) + field(2, b"Convolution")
        for blob in blobs:
            if old:
                sizes = [1] * (4 - blob.ndim) + list(blob.shape)
                shape = b"".join(varint(i << 3) + varint(n) for i, n in enumerate(sizes, start=1))
            else:
                shape = field(7, field(1, b"".join(map(varint, blob.shape))))
            layer += field(7, shape + field(5, blob.astype("<f4").tobytes()))
        whole += field(100, layer)
    return field(1, b"colorization") + whole


def random_blobs(seed: int = 0) -> Blobs:
    """A Caffe network of an eighth of the filters, its last two layers overwritten by anything."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[NDArray]] = {"data_l": []}
    for layer in zhang2016.build(WIDTH).layers:
        name = "conv8_313" if layer.name == zhang2016.LOGITS else layer.name
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose):
            height, width, *sides = layer.kernel.shape
            scale = np.sqrt(2 / (height * width * sides[0]))
            kernel = rng.normal(0, scale, (*sides[::-1], height, width))
            found[name] = [kernel, rng.normal(0, 0.1, sides[1])]
        elif isinstance(layer, keras.layers.BatchNormalization):
            n = layer.moving_mean.shape[0]
            found[name] = [rng.normal(0, 2, n), rng.uniform(1, 9, n), np.array([2.0])]
    found["conv8_1"][1] = rng.normal(0, 0.1, found["conv8_1"][0].shape[1])
    found["conv8_313_rh"], found["class8_ab"] = [np.ones(313)], [np.zeros((2, 313, 1, 1))]
    return {name: [one.astype(np.float32) for one in blobs] for name, blobs in found.items()}


class Twin(nn.Module):
    """The authors' module, as their file names its tensors."""

    def __init__(self) -> None:
        super().__init__()
        before = 1
        for number, (block, convolutions, dilation) in enumerate(zhang2016.BLOCKS, start=1):
            steps: list[nn.Module] = []
            for filters, stride in convolutions:
                n = round(filters * WIDTH)
                steps += [nn.Conv2d(before, n, 3, stride, dilation, dilation), nn.ReLU()]
                before = n
            assert len(steps) == PLACES[block][1]
            steps.append(nn.BatchNorm2d(before))
            setattr(self, f"model{number}", nn.Sequential(*steps))
        up = round(zhang2016.UPWARDS * WIDTH)
        steps = [nn.ConvTranspose2d(before, up, 4, 2, 1), nn.ReLU()]
        steps += [nn.Conv2d(up, up, 3, 1, 1), nn.ReLU(), nn.Conv2d(up, up, 3, 1, 1), nn.ReLU()]
        self.model8 = nn.Sequential(*steps, nn.Conv2d(up, 313, 1))
        self.model_out = nn.Conv2d(313, 2, 1, bias=False)

    def forward(self, lightness: torch.Tensor) -> torch.Tensor:
        """(N, 1, H, W) L* -> (N, 2, H, W) a*, b*."""
        x = (lightness - 50) / 100
        for number in range(1, 9):
            x = getattr(self, f"model{number}")(x)
        ab = self.model_out(torch.softmax(x, dim=1)) * 110
        return nn.functional.interpolate(ab, scale_factor=4, mode="bilinear")


@pytest.fixture(scope="module")
def photos() -> NDArray[np.float32]:
    """(3, 64, 96, 1) lightness of drawn photos."""
    drawn = [draw_photo(name, 0)[:64, :96] for name in ("beach", "forest", "fruit")]
    return split_lab(np.stack(drawn))[0]


@pytest.fixture
def released(tmp_path) -> Path:
    path = tmp_path / "small.caffemodel"
    path.write_bytes(caffemodel(random_blobs()))
    return path


def test_the_bins_are_those_that_were_released():
    colours = zhang2016.ZHANG.colours * AB_SCALE
    assert colours.shape == (313, 2)
    assert colours[:5].tolist() == [[-90, b] for b in (50, 60, 70, 80, 90)]
    assert colours[-1].tolist() == [100, 0]
    assert len(np.unique(colours, axis=0)) == 313


def test_the_authors_pytorch_network_gives_the_same_colours(photos, tmp_path):
    torch.manual_seed(0)
    twin = Twin()
    for one in twin.modules():
        if isinstance(one, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(one.weight)
        if isinstance(one, nn.BatchNorm2d):
            for tensor, low, high in ((one.weight, 0.5, 2), (one.bias, -1, 1)):
                nn.init.uniform_(tensor, low, high)
            one.register_buffer("running_mean", torch.empty(one.num_features).uniform_(-1, 1))
            one.register_buffer("running_var", torch.empty(one.num_features).uniform_(0.5, 2))
    nn.init.normal_(twin.model_out.weight)
    twin.eval()
    torch.save(twin.state_dict(), tmp_path / "small.pth")
    ours = keras.ops.convert_to_numpy(load(tmp_path / "small.pth")(photos, training=False))
    with torch.no_grad():
        theirs = twin(torch.tensor(photos * 100).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    assert np.abs(theirs).max() > 1
    np.testing.assert_allclose(ours * AB_SCALE, theirs, atol=1e-3)


@pytest.mark.parametrize("old", [False, True])
def test_every_array_of_a_caffe_file_comes_back_as_it_was(tmp_path, old):
    blobs = random_blobs()
    (tmp_path / "a.caffemodel").write_bytes(caffemodel(blobs, old=old))
    found = read_caffemodel(tmp_path / "a.caffemodel")
    assert found.keys() == {name for name, one in blobs.items() if one}
    for name, arrays in found.items():
        for array, blob in zip(arrays, blobs[name], strict=True):
            np.testing.assert_array_equal(array.reshape(blob.shape), blob)


def test_the_last_two_layers_are_filled_in_whatever_the_file_has_there(released, photos):
    network = load(released)
    assert network.get_layer("conv8_313_rh").scale == 2.606
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(network.get_layer("class8_ab").kernel)[0, 0],
        zhang2016.ZHANG.colours,
    )
    ab = keras.ops.convert_to_numpy(network(photos, training=False))
    assert ab.shape == (3, 64, 96, 2)
    assert np.isfinite(ab).all()


def test_it_colours_as_a_colorizer_of_a_bundle(released, tiny_bundle, tmp_path):
    bundle_dir = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    assert main(["zhang2016", str(released), "--models", str(bundle_dir)]) == 0
    bundle = read_bundle(bundle_dir)
    file = bundle.find_colorizer("zhang2016", "beach")
    assert (file.category, file.inference_px, file.inputs) == ("universal", 224, ("lightness",))


def broken(kind: str) -> bytes:
    blobs = dict(random_blobs())
    whole = caffemodel(blobs)
    if kind == "cut":
        return whole[: len(whole) // 2]
    if kind == "empty":
        return b""
    if kind == "foreign":
        return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
    if kind == "no layer":
        return caffemodel({name: one for name, one in blobs.items() if name != "conv5_2"})
    if kind == "twice":
        return whole + caffemodel({"conv5_2": blobs["conv5_2"]})
    if kind == "not finite":
        blobs["conv5_2"] = [blobs["conv5_2"][0] * np.float32("nan"), blobs["conv5_2"][1]]
    elif kind == "other shape":
        blobs["conv5_2"] = [blobs["conv5_2"][0][:-1], blobs["conv5_2"][1]]
    elif kind == "no count":
        blobs["conv5_3norm"] = [*blobs["conv5_3norm"][:2], np.zeros(1, np.float32)]
    elif kind == "many layers":
        return field(100, field(1, b"a") + field(7, field(5, b"\0" * 4))) + b"".join(
            field(100, field(1, str(i).encode()) + field(7, field(5, b"\0" * 4)))
            for i in range(MAX_LAYERS)
        )
    elif kind == "a shape that is none":
        return field(100, field(1, b"a") + field(7, field(7, field(1, varint(2**62) * 2))))
    elif kind == "a number without end":
        return b"\xff" * 64
    return caffemodel(blobs)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cut", "it ends within a field"),
        ("empty", "no layer with weights"),
        ("foreign", "no network of Caffe"),
        ("no layer", "no layer conv5_2"),
        ("twice", "two layers 'conv5_2'"),
        ("not finite", "conv5_2 are not finite"),
        ("other shape", r"conv5_2 has an array \(3, 3, 64, 63\), not \(3, 3, 64, 64\)"),
        ("no count", "conv5_3norm was averaged over nothing"),
        ("many layers", "more than 1,000 layers"),
        ("a shape that is none", "an array without numbers"),
        ("a number without end", "a number without end"),
    ],
)
def test_a_file_that_is_no_such_network_changes_nothing(kind, message, tiny_bundle, tmp_path):
    path = tmp_path / "a.caffemodel"
    path.write_bytes(broken(kind))
    with pytest.raises(CheckpointError, match=message):
        load(path)
    before = {one.name: one.stat().st_mtime_ns for one in tiny_bundle.rglob("*")}
    assert main(["zhang2016", str(path), "--models", str(tiny_bundle)]) == 1
    assert {one.name: one.stat().st_mtime_ns for one in tiny_bundle.rglob("*")} == before


def test_files_of_pytorch_that_hold_something_else_are_refused(tmp_path):
    path = tmp_path / "a.pth"
    for content, message in (
        ([1, 2], "no table of tensors"),
        ({"a": 1}, "something in it is no tensor"),
        ({"a": torch.zeros(1).expand(10**10)}, "a tensor of 10,000,000,000 numbers"),
        ({"model1.0.weight": torch.zeros(8, 1, 3, 3)}, "no tensor model1.0.bias"),
    ):
        torch.save(content, path)
        with pytest.raises(CheckpointError, match=message):
            load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="no weights of PyTorch"):
        load(path)
