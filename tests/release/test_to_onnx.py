import keras
import numpy as np
import onnxruntime
import pytest

from colorizers.models import ARCHITECTURES
from colorizers.told import CATEGORY
from preprocessing.categories import CATEGORIES
from release.to_onnx import in_float32, write_onnx
from tests.thin import build_thin

SIZES = ((64, 64), (64, 160), (96, 32))
CONFIDENCES = np.full((1, len(CATEGORIES)), 1 / len(CATEGORIES), np.float32)


DEAR = {  # up to 20 s of a processor to convert; or like another one that is converted
    "attention_encoder", "film_encoder", "film_quarter_encoder",
}  # fmt: skip
EVERY = [  # in the policy whose rebuilding does more
    pytest.param(
        spec,
        "mixed_bfloat16",
        marks=[pytest.mark.nightly, pytest.mark.slow] if name in DEAR else [],
    )
    for name, spec in ARCHITECTURES.items()
]


@pytest.mark.parametrize(
    ("spec", "policy"),
    [*EVERY, (ARCHITECTURES["shared_encoder"], "float32")],
    ids=lambda one: one if isinstance(one, str) else one.name,
)
def test_an_exported_network_agrees_with_its_float32_original(spec, policy, tmp_path):
    keras.utils.set_random_seed(0)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = in_float32(build_thin(spec))
    finally:
        keras.config.set_dtype_policy(before)
    for weight in network.trainable_variables:  # the last layer starts from zero
        weight.assign(keras.random.normal(weight.shape, stddev=0.05, seed=1))
    write_onnx(network, tmp_path / "a.onnx", ["chrominance"])
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    for height, width in SIZES:
        lum = np.random.default_rng(0).random((1, height, width, 1), dtype=np.float32)
        given = [lum, CONFIDENCES] if CATEGORY in spec.inputs else [lum]
        (shipped,) = session.run(None, {f"input_{i}": one for i, one in enumerate(given)})
        assert shipped.shape == (1, height, width, 2)
        taken = given if len(given) > 1 else lum
        original = keras.ops.convert_to_numpy(network(taken, training=False))
        np.testing.assert_allclose(shipped, original, atol=1e-4)


def test_outputs_keep_their_order(tmp_path):
    value = keras.Input((None, None, 1))
    scaled = [keras.layers.Rescaling(float(i))(value) for i in range(6)]
    write_onnx(keras.Model(value, scaled), tmp_path / "a.onnx", list("fedcba"))
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    results = session.run(None, {"input_0": np.ones((1, 2, 2, 1), np.float32)})
    assert [float(result.mean()) for result in results] == [0, 1, 2, 3, 4, 5]
