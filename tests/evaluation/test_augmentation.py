import pandas as pd
import pytest

from evaluation.augmentation import WAYS, main
from evaluation.encoded import encode_photo, routed_rgb
from evaluation.metrics import psnr_db
from pipeline.colorizer import Colorizer
from pipeline.engine.views import BEST
from preprocessing.packing import load_packed


def test_what_each_view_gains_is_measured_on_the_same_photos(
    tiny_bundle, packed_photos, tmp_path, capsys
):
    given = ["--packed-dir", packed_photos, "--models", tiny_bundle, "--limit", "1"]
    assert main([*map(str, given), "--results-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/augmentation.csv\n"
    table = pd.read_csv(tmp_path / "augmentation.csv")
    assert tuple(table["way"]) == tuple(WAYS)
    assert table["passes"].tolist() == [1, 2, 2, 4]
    assert table["gain_db"][0] == 0 != table["gain_db"][3]
    assert (table["n"] == 3).all()
    assert ((table["low"] <= table["gain_db"]) & (table["gain_db"] <= table["high"])).all()
    colorizer, scores = Colorizer(tiny_bundle), []
    for category in colorizer.bundle.categories:
        (rgb,) = load_packed(packed_photos, category, "val")[:1]
        best = routed_rgb(colorizer, encode_photo(colorizer, rgb, BEST))
        scores.append(psnr_db(best, rgb))
    assert table["psnr_db"][3] == pytest.approx(sum(scores) / 3, abs=0.01)
