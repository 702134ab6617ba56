"""Networks of strangers: what they take and give is checked, and no other file is read."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from basics.errors import CheckpointError
from pipeline.engine.bundle import FEATURES, LIGHTNESS, ModelEntry
from pipeline.engine.engine import Engine
from pipeline.engine.inputs import predict_ab
from pipeline.engine.session import OnnxModel
from pipeline.media.images import image_frame
from tests.pipeline.engine.test_bundle_fields import SECOND, read

FLOAT = TensorProto.FLOAT
L_SHAPE, AB_SHAPE = ["n", "h", "w", 1], ["n", "h", "w", 2]


def network(
    inputs: dict[str, list], outputs: dict[str, list], nodes: list, *stored: Any, kind: int = FLOAT
) -> bytes:
    """An ONNX file."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in outputs.items()],
        list(stored),
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def doubled(shape: list, given: list, kind: int = FLOAT, times: int = 2) -> bytes:
    """x -> x and x, along the last axis."""
    node = helper.make_node("Concat", ["x"] * times, ["y"], axis=-1)
    return network({"x": shape}, {"y": given}, [node], kind=kind)


def over_zero() -> bytes:
    """x -> x / 0, twice: not a number where x is 0."""
    zero = helper.make_tensor("zero", FLOAT, [1], [0.0])
    nodes = [
        helper.make_node("Div", ["x", "zero"], ["z"]),
        helper.make_node("Concat", ["z", "z"], ["y"], axis=-1),
    ]
    return network({"x": L_SHAPE}, {"y": AB_SHAPE}, nodes, zero)


def outside(location: str) -> bytes:
    """x -> x + what lies in another file."""
    stored = TensorProto(name="w", data_type=FLOAT, dims=[1, 1, 1, 2])
    stored.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "8")):
        stored.external_data.add(key=key, value=value)
    node = helper.make_node("Add", ["x", "w"], ["y"])
    return network({"x": L_SHAPE}, {"y": AB_SHAPE}, [node], stored)


def entry_of(folder: Path, content: bytes, **changed: Any) -> ModelEntry:
    """A file of a bundle with this content."""
    (folder / "one.onnx").write_bytes(content)
    entry = ModelEntry(
        file="one.onnx", sha256=hashlib.sha256(content).hexdigest(), architecture="x",
        category="beach", precision="float32", inference_px=32,
    )  # fmt: skip
    return replace(entry, **changed)


def test_a_network_that_fits_its_entry_is_run(tmp_path):
    model = OnnxModel(tmp_path, entry_of(tmp_path, doubled(L_SHAPE, AB_SHAPE)))
    ab = predict_ab([np.full((2, 4, 5, 1), 0.25, np.float32)], model)
    assert ab.shape == (2, 4, 5, 2)
    assert (ab == 0.25).all()


@pytest.mark.parametrize(
    ("content", "inputs", "message"),
    [
        (doubled(["n", "h", "w", 3], ["n", "h", "w", 6]), (LIGHTNESS,), "'x' has 3 channels"),
        (doubled(L_SHAPE, ["n", "h", "w", 4], times=4), (LIGHTNESS,), "'y' has 4 channels"),
        (doubled(["n", 8], ["n", 16]), (LIGHTNESS,), "input 'x' has 2 axes, not 4"),
        (doubled(L_SHAPE, AB_SHAPE, TensorProto.DOUBLE), (LIGHTNESS,), r"'x' holds tensor\(double"),
        (doubled(L_SHAPE, AB_SHAPE), (LIGHTNESS, LIGHTNESS), "inputs: 1; bundle.json has 2"),
        (doubled(["n", 8], ["n", 16]), (FEATURES,), "input 'x' has 2 axes, not 4"),
    ],
)  # fmt: skip
def test_a_network_that_does_not_fit_its_entry_is_told(tmp_path, content, inputs, message):
    with pytest.raises(CheckpointError, match=rf"does not fit its entry: .*{message}"):
        OnnxModel(tmp_path, entry_of(tmp_path, content, inputs=inputs))


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", doubled(L_SHAPE, AB_SHAPE)[:-30], b"\x08" * 999]
)
def test_a_file_that_is_no_network_is_told(tmp_path, content):
    with pytest.raises(CheckpointError, match=r"cannot be opened: .*\n.*one\.onnx"):
        OnnxModel(tmp_path, entry_of(tmp_path, content))


@pytest.mark.parametrize("location", ["w.bin", "one.onnx", "/etc/passwd", "../w.bin", "a/../w.bin"])
def test_a_network_reads_no_other_file(tmp_path, monkeypatch, location):
    (tmp_path / "w.bin").write_bytes(np.ones(2, np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="a network that cannot be opened"):
        OnnxModel(tmp_path, entry_of(tmp_path, outside(location)))


def test_what_is_no_number_does_not_become_a_colour(tmp_path):
    model = OnnxModel(tmp_path, entry_of(tmp_path, over_zero()))
    with pytest.raises(CheckpointError, match=r"not finite\n.*one\.onnx"):
        model([np.zeros((2, 4, 4, 1), np.float32)])


def test_sizes_that_a_network_cannot_take_are_told(tmp_path):
    model = OnnxModel(tmp_path, entry_of(tmp_path, doubled([2, 8, 8, 1], [2, 8, 8, 2])))
    with pytest.raises(CheckpointError, match="a network that cannot be run"):
        model([np.zeros((2, 4, 4, 1), np.float32)])


@pytest.mark.parametrize("shape", [(1, 4, 4, 2), (2, 4, 4, 3), (2, 4, 4), ()])
def test_what_is_no_chrominance_of_each_row_is_told(shape):
    with pytest.raises(CheckpointError, match="a colorizer gives"):
        predict_ab(
            [np.zeros((2, 4, 4, 1), np.float32)], lambda inputs: [np.zeros(shape, np.float32)]
        )


def test_a_router_of_other_categories_is_told(tmp_path):
    node = helper.make_node("GlobalAveragePool", ["x"], ["z"])
    flat = helper.make_node("Flatten", ["z"], ["y"])
    content = network({"x": L_SHAPE}, {"y": ["n", "c"]}, [node, flat])
    onnx.checker.check_model(onnx.load_from_string(content))
    bundle = read(tmp_path, SECOND)
    router = entry_of(tmp_path, content, category="all", outputs=("confidences",))
    engine = Engine(replace(bundle, router=router))
    with pytest.raises(CheckpointError, match=r"confidences of \(1, 32\), not \(1, 2\)"):
        engine.encode([image_frame(np.zeros((32, 32), np.uint8))])
