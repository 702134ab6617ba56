import logging

import numpy as np
import pandas as pd
import pytest

from basics.errors import ConfigError, DataError
from evaluation.category_matrix import (
    main,
    matrix_scores,
    own_against_rivals,
    own_networks,
    summarize,
)
from evaluation.encoded import colored_by, encode_photo
from evaluation.metrics import colorfulness, psnr_db
from pipeline import Colorizer
from pipeline.engine.bundle import UNIVERSAL
from preprocessing.packing import load_packed
from tests.bundles import copy_with_networks


@pytest.fixture(scope="module")
def two_networks(tiny_bundle, tmp_path_factory):
    """The tiny bundle, in which fruit has a network of its own too: the universal one again."""
    folder = tmp_path_factory.mktemp("two") / "pretrained"
    return copy_with_networks(tiny_bundle, folder, ["fruit"])


@pytest.fixture(scope="module")
def crossed(two_networks, packed_photos):
    colorizer = Colorizer(two_networks)
    return matrix_scores(colorizer, own_networks(colorizer), packed_photos)


def test_every_network_colours_the_photos_of_every_category_that_has_one(crossed):
    counts = crossed.groupby(["colorizer", "category"]).size()
    assert set(counts) == {2}  # drawn test photos per category
    assert set(counts.index) == {(a, b) for a in ("beach", "fruit") for b in ("beach", "fruit")}


def test_a_cell_is_the_mean_over_the_categorys_photos(crossed, two_networks, packed_photos):
    colorizer = Colorizer(two_networks)
    table = colorizer.bundle.colorizers["shared_encoder"]
    direct = []
    for rgb in load_packed(packed_photos, "fruit", "test"):
        photo = encode_photo(colorizer, np.asarray(rgb))
        own, universal = (colored_by(colorizer, photo, table[one]) for one in ("beach", UNIVERSAL))
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
    with caplog.at_level(logging.INFO, "evaluation.category_matrix"):
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
        matrix_scores(colorizer, own_networks(colorizer), tmp_path)


def test_each_category_is_compared_with_the_best_of_the_other_colorizers():
    gains = {  # (colorizer, category of the photos) -> gain on each photo
        ("a", "a"): (1, 1), ("b", "a"): (2, 3), ("c", "a"): (2, 2),
        ("a", "b"): (0, 0), ("b", "b"): (4, 6), ("c", "b"): (3, 3),
        ("a", "c"): (0, 2), ("b", "c"): (-9, 0), ("c", "c"): (1, 1),
    }  # fmt: skip
    rows = [
        {"colorizer": colorizer, "category": category, "photo": f"{category}{i}", "gain_db": gain}
        for (colorizer, category), both in gains.items()
        for i, gain in enumerate(both)
    ]
    found = own_against_rivals(pd.DataFrame(rows)).to_dict("records")
    shared = {"n": 2}
    assert found == [
        {"category": "a", "rival": "b", "margin_db": -1.5, "low": -2, "high": -1, **shared}
        | {"verdict": "loses"},
        {"category": "b", "rival": "c", "margin_db": 2, "low": 1, "high": 3, **shared}
        | {"verdict": "wins"},
        {"category": "c", "rival": "a", "margin_db": 0, "low": -1, "high": 1, **shared}
        | {"verdict": "undecided"},
    ]


def test_the_command_writes_two_tables_and_two_figures(
    two_networks, packed_photos, tmp_path, capsys
):
    options = ["--models", str(two_networks), "--packed-dir", str(packed_photos), "--limit", "1"]
    assert main([*options, "--results-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    names = [
        "category_matrix.csv",
        "category_matrix_own.csv",
        "category_matrix.png",
        "category_matrix_colorfulness.png",
    ]
    assert printed.out.split() == [str(tmp_path / name) for name in names]
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    assert "of 2 categories of photos" in printed.err
    table = pd.read_csv(tmp_path / "category_matrix.csv")
    assert list(table) == ["colorizer", "category", "n", "psnr_db", "gain_db", "colorfulness"]
    assert len(table) == 4
    assert set(table["n"]) == {1}
    assert np.isfinite(table[["psnr_db", "gain_db", "colorfulness"]]).all(axis=None)
    own = pd.read_csv(tmp_path / "category_matrix_own.csv").set_index("category")
    gain = table.set_index(["colorizer", "category"])["gain_db"]
    assert list(own["rival"]) == ["fruit", "beach"]
    margin = gain["beach", "beach"] - gain["fruit", "beach"]
    assert own.loc["beach", "margin_db"] == pytest.approx(margin, abs=2e-3)


def test_the_command_tells_what_it_lacks(tiny_bundle, packed_photos, tmp_path, capsys):
    options = ["--models", str(tiny_bundle), "--packed-dir", str(packed_photos)]
    assert main([*options, "--results-dir", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert not printed.out
    assert "bundle.json" in printed.err
    assert not list(tmp_path.iterdir())
