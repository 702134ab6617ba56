"""int8 or float32, of the router and of the colorizers that it feeds."""

import shutil
from dataclasses import replace

import onnx
import pytest

from pipeline.engine.bundle import ROUTER
from pipeline.engine.bundle_file import read_bundle
from release.packaging import write_router
from release.precision import AGREEMENT, INT8_LOSS_DB, allowance_db, choose_router_precision
from release.starting_weights import open_start


def test_bundle_json_tells_how_the_router_in_int8_compares(tiny_bundle):
    router = read_bundle(tiny_bundle).router
    assert 0 <= router.validation["int8_agreement"] <= 1
    assert "int8_loss_db" in router.validation
    is_as_good = router.validation["int8_agreement"] >= AGREEMENT
    assert (router.precision == "int8") == (is_as_good and router.file == "router.int8.onnx")


def test_what_the_router_costs_is_taken_from_what_colorizers_may(tiny_bundle):
    bundle = read_bundle(tiny_bundle)
    fed, own = (bundle.find_colorizer(one, "universal") for one in bundle.colorizers)
    fed, own = (fed, own) if "features" in fed.inputs else (own, fed)
    exact = replace(bundle.router, precision="float32", validation={"int8_loss_db": 0.04})
    small = replace(exact, precision="int8")
    assert allowance_db(small, fed) == pytest.approx(INT8_LOSS_DB - 0.04)
    assert allowance_db(small, own) == allowance_db(exact, fed) == INT8_LOSS_DB
    gains = replace(small, validation={"int8_loss_db": -0.02})
    assert allowance_db(gains, fed) == INT8_LOSS_DB


def test_a_router_that_routes_otherwise_in_int8_is_shipped_in_float32(
    tiny_bundle, packed_photos, tmp_path
):
    bundle = read_bundle(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    start = bundle.find_initial(bundle.router.architecture, ROUTER)
    facts = {
        **start.training, "backbone": start.architecture, "categories": bundle.categories,
        "weights": "none", "encoder_sha256": bundle.encoder_sha256,
    }  # fmt: skip
    router, again = write_router(open_start(bundle, start), facts, bundle.folder, mark="-again")
    assert again.encoder_sha256 == start.encoder_sha256
    bundle = replace(bundle, router=router)
    kept = choose_router_precision(bundle, packed_photos, agreement=1.1, shares=(0.5,))
    assert (kept.router.file, kept.router.precision) == ("router-again.onnx", "float32")
    assert set(kept.router.validation) == {"int8_agreement", "int8_loss_db"}
    assert not (bundle.folder / "router-again.int8.onnx").exists()
    small = choose_router_precision(bundle, packed_photos, agreement=0.0, shares=(0.5,)).router
    if small.precision == "int8":  # its first half is in float32, and its last convolution
        kinds = [node.op_type for node in onnx.load(bundle.folder / small.file).graph.node]
        first = kinds.index("QuantizeLinear")
        assert kinds[:first].count("Conv") >= kinds.count("Conv") // 2
