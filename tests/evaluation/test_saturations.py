import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import pyvips

from basics.errors import ConfigError
from evaluation.encoded import colored_by_blend, encode_photo
from evaluation.metrics import colorfulness
from evaluation.saturations import SATURATIONS, UNNOTICED_DB, main, measure_saturations
from pipeline.colorize import main as colorize
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import FAITHFUL, VIVID, Mode
from pipeline.engine.bundle_file import read_bundle, write_bundle
from preprocessing.packing import load_packed


def saturation_of(colorizer):
    return colorizer.engine.saturation(colorizer.defaults)


@pytest.fixture(scope="module")
def curve(tiny_bundle, packed_photos) -> pd.DataFrame:
    return measure_saturations(Colorizer(tiny_bundle), packed_photos, "val")


def test_more_saturation_is_more_colour_and_none_is_gray(curve):
    assert tuple(curve["saturation"]) == SATURATIONS
    assert curve["colorfulness"].iloc[0] == pytest.approx(0, abs=0.5)
    assert (np.diff(curve["colorfulness"]) > 0).all()
    assert (curve["n"] == 6).all()


def test_the_share_is_of_the_originals_colorfulness(curve, packed_photos):
    photos = [
        rgb
        for one in ("beach", "forest", "fruit")
        for rgb in load_packed(packed_photos, one, "val")
    ]
    expected = np.mean([colorfulness(rgb) for rgb in photos])
    np.testing.assert_allclose(curve["colorfulness"], curve["share"] * expected)


def test_the_export_chose_a_mode_near_the_truth_and_one_with_at_least_its_colour(
    tiny_bundle, curve
):
    modes = read_bundle(tiny_bundle).modes
    assert set(modes) == {FAITHFUL, VIVID}
    assert modes[FAITHFUL].saturation <= modes[VIVID].saturation
    at = curve.set_index("saturation")["psnr_db"]
    assert at[modes[FAITHFUL].saturation] >= at.max() - UNNOTICED_DB


def test_a_mode_multiplies_the_chrominance(tiny_bundle, packed_photos):
    bundle = read_bundle(tiny_bundle)
    modes = {"vivid": Mode(colorizer=bundle.default, saturation=0.0)}
    grayed = Colorizer(replace(bundle, modes=modes), mode="vivid")
    photo = encode_photo(grayed, load_packed(packed_photos, "beach", "test")[0])
    rgb = colored_by_blend(grayed, photo, grayed.engine.choose(photo.ranking)).astype(int)
    assert np.ptp(rgb, axis=2).max() <= 1


def test_the_bundle_says_which_mode_is_the_default(tiny_bundle, tmp_path):
    bundle = replace(read_bundle(tiny_bundle), folder=tmp_path, mode=VIVID)
    write_bundle(bundle)
    again = read_bundle(tmp_path)
    assert again.modes == bundle.modes
    assert saturation_of(Colorizer(again)) == bundle.modes[VIVID].saturation


def test_an_unknown_mode_is_refused_and_an_old_bundle_is_faithful(tiny_bundle):
    old = replace(read_bundle(tiny_bundle), modes={})
    assert saturation_of(Colorizer(old)) == 1
    with pytest.raises(ConfigError, match="unknown mode 'vivid'"):
        Colorizer(old, mode=VIVID)


def test_vivid_is_more_colourful_on_the_command_line(tiny_bundle, gray_photo, tmp_path):
    folder = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    bundle = read_bundle(folder)
    modes = {
        name: Mode(colorizer=bundle.default, saturation=saturation)
        for name, saturation in ((FAITHFUL, 1.0), (VIVID, 2.0))
    }
    write_bundle(replace(bundle, modes=modes))
    found = []
    for mode in (FAITHFUL, VIVID):
        path = tmp_path / f"{mode}.png"
        arguments = [str(gray_photo), "-o", str(path), "--models", str(folder)]
        assert colorize([*arguments, "--mode", mode]) == 0
        found.append(colorfulness(pyvips.Image.new_from_file(str(path)).numpy()))
    assert found[1] > 1.5 * found[0] > 0


def test_the_command_writes_the_curve_and_what_it_is_compared_with(
    tiny_bundle, packed_photos, tmp_path
):
    places = ["--packed-dir", str(packed_photos), "--models", str(tiny_bundle)]
    assert main([*places, "--results-dir", str(tmp_path), "--limit", "1"]) == 0
    table = pd.read_csv(tmp_path / "modes.csv")
    curves = table.dropna(subset="saturation")
    assert set(curves["architecture"]) == {"shared_encoder"}
    modes = read_bundle(tiny_bundle).modes.values()
    assert set(curves["saturation"]) == {*SATURATIONS, *(mode.saturation for mode in modes)}
    assert list(table["architecture"].iloc[-2:]) == ["gray", "ground truth"]
    assert (tmp_path / "modes.png").stat().st_size > 5000
