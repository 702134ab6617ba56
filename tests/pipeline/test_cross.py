import logging
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from colorizers.metrics import colorfulness, psnr_db
from pipeline import Colorizer
from pipeline.bundle import UNIVERSAL, read_bundle, write_bundle
from pipeline.cross import cross_photos, lost_columns, main, own_networks, summarize
from pipeline.trial import start_trial, trial_rgb
from preprocessing.errors import ConfigError, DataError
from preprocessing.packing import load_packed


@pytest.fixture(scope="module")
def two_networks(tiny_bundle, tmp_path_factory):
    """The tiny bundle, in which fruit has a network of its own too: the universal one again."""
    folder = tmp_path_factory.mktemp("two") / "pretrained"
    shutil.copytree(tiny_bundle, folder)
    bundle = read_bundle(folder)
    table = bundle.colorizers["shared_encoder"]
    fruit = replace(table[UNIVERSAL], category="fruit")
    write_bundle(replace(bundle, colorizers={"shared_encoder": {**table, "fruit": fruit}}))
    return folder


@pytest.fixture(scope="module")
def crossed(two_networks, packed_photos):
    colorizer = Colorizer(two_networks)
    return cross_photos(colorizer, own_networks(colorizer), packed_photos)


def test_every_network_colours_the_photos_of_every_category_that_has_one(crossed):
    counts = crossed.groupby(["colorizer", "category"]).size()
    assert set(counts) == {2}  # drawn test photos per category
    assert set(counts.index) == {(a, b) for a in ("beach", "fruit") for b in ("beach", "fruit")}


def test_a_cell_is_the_mean_over_the_categorys_photos(crossed, two_networks, packed_photos):
    colorizer = Colorizer(two_networks)
    table = colorizer.bundle.colorizers["shared_encoder"]
    direct = []
    for rgb in load_packed(packed_photos, "fruit", "test"):
        trial = start_trial(colorizer, np.asarray(rgb))
        own, universal = (trial_rgb(colorizer, trial, table[one]) for one in ("beach", UNIVERSAL))
        gain = psnr_db(own, rgb) - psnr_db(universal, rgb)
        direct.append((psnr_db(own, rgb), gain, colorfulness(own)))
    cell = summarize(crossed).set_index(["colorizer", "category"]).loc[("beach", "fruit")]
    assert cell["n"] == 2
    measured = cell[["psnr_db", "gain_db", "colorfulness"]].to_numpy(float)
    np.testing.assert_allclose(measured, np.mean(direct, axis=0), atol=1e-3)


def test_a_network_that_is_the_universal_one_gains_nothing(crossed):
    gains = crossed.groupby("colorizer")["gain_db"]
    assert (gains.get_group("fruit") == 0).all()
    assert (gains.get_group("beach") != 0).any()


def test_a_category_without_a_network_of_its_own_is_left_out_and_told(two_networks, caplog):
    with caplog.at_level(logging.INFO, "pipeline.cross"):
        networks = own_networks(Colorizer(two_networks))
    assert list(networks) == ["beach", "fruit"]
    assert [one.getMessage() for one in caplog.records] == [
        "left out, for the universal network colours them: forest"
    ]


def test_fewer_than_two_networks_are_refused(tiny_bundle):
    with pytest.raises(ConfigError, match="shared_encoder has 1"):
        own_networks(Colorizer(tiny_bundle))


def test_a_category_without_test_photos_is_told(two_networks, packed_photos, tmp_path):
    for category in ("beach", "fruit"):
        (tmp_path / category).mkdir()
        photos = load_packed(packed_photos, category, "test")
        np.save(tmp_path / category / "test.npy", photos[: 0 if category == "fruit" else 1])
    colorizer = Colorizer(two_networks)
    with pytest.raises(DataError, match="no test photos of 'fruit'"):
        cross_photos(colorizer, own_networks(colorizer), tmp_path)


def test_a_column_is_lost_where_another_colorizer_leads():
    rows = [
        ("a", "a", 0, 1.0), ("b", "a", 0, 2.0), ("a", "a", 1, 1.0), ("b", "a", 1, 3.0),
        ("a", "b", 2, 0.5), ("b", "b", 2, 0.5),
    ]  # fmt: skip
    scores = pd.DataFrame(rows, columns=["colorizer", "category", "photo", "gain_db"])
    (lost,) = lost_columns(scores).to_dict("records")  # a tie is not lost
    assert lost == {"category": "a", "n": 2, "best": "b", "lead_db": 1.5, "low": 1, "high": 2}


def test_the_command_writes_a_table_and_two_figures(two_networks, packed_photos, tmp_path, capsys):
    options = ["--models", str(two_networks), "--packed-dir", str(packed_photos), "--limit", "1"]
    assert main([*options, "--results-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    names = ["cross.csv", "cross.png", "cross_colorfulness.png"]
    assert printed.out.split() == [str(tmp_path / name) for name in names]
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    assert "of 2 categories of photos" in printed.err
    table = pd.read_csv(tmp_path / "cross.csv")
    assert list(table) == ["colorizer", "category", "n", "psnr_db", "gain_db", "colorfulness"]
    assert len(table) == 4
    assert set(table["n"]) == {1}
    assert np.isfinite(table[["psnr_db", "gain_db", "colorfulness"]]).all(axis=None)


def test_the_command_tells_what_it_lacks(tiny_bundle, packed_photos, tmp_path, capsys):
    options = ["--models", str(tiny_bundle), "--packed-dir", str(packed_photos)]
    assert main([*options, "--results-dir", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert not printed.out
    assert "bundle.json" in printed.err
    assert not list(tmp_path.iterdir())
