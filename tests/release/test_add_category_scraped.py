"""One word, the whole method: a browser, a site, photos, a network, a bundle, a coloured photo."""

import contextlib
import shutil
from pathlib import Path

import pandas as pd
import pytest
import pyvips

from pipeline.colorize import main as colorize
from pipeline.engine.bundle_file import read_bundle
from release.add_category import main
from scraper.manifest import read_rows
from tests.site.server import Site

N_PHOTOS = 40
FEW_STEPS = (
    *("--epochs", "1", "--steps-per-epoch", "2", "--batch-size", "4", "--train-size", "64"),
    *("--policy", "float32", "--delay", "0", "--size", "256"),
)


def add(folder: Path, site: Site, *arguments: str) -> int:
    options = ("--base-url", site.url, "--count", str(N_PHOTOS), *FEW_STEPS)
    with contextlib.chdir(folder):
        return main([*arguments, *options])


@pytest.mark.browser
@pytest.mark.slow
def test_a_word_becomes_a_network_that_colours(tiny_bundle, gray_photo, tmp_path, capsys):
    shutil.copytree(tiny_bundle, tmp_path / "pretrained")
    with Site(n_photos=N_PHOTOS + 5) as site:
        assert add(tmp_path, site, "Old Castle") == 0
        n_photos, n_pages = len(site.requested("/images/")), len(site.requested("/s/photos/"))
        assert (n_photos, n_pages) == (N_PHOTOS, 1)
        assert site.requested("/s/photos/")[0].path == "/s/photos/old-castle"

        assert len(read_rows(tmp_path / "data" / "raw" / "old-castle")) == N_PHOTOS
        table = pd.read_csv(tmp_path / "results" / "category_old-castle.csv")
        assert {"gray", "mean tint of the category", "universal"} <= set(table["method"])
        assert "old-castle" in read_bundle(tmp_path / "pretrained").colorizers["shared_encoder"]

        capsys.readouterr()
        assert add(tmp_path, site, "old castle") == 0  # given again, nothing is done twice
        assert len(site.requested("/images/")) == N_PHOTOS
        assert "measured and added already" in capsys.readouterr().err

    options = ["--models", str(tmp_path / "pretrained"), "--category", "old-castle"]
    output = tmp_path / "colored.jpg"
    assert colorize([str(gray_photo), "-o", str(output), *options]) == 0
    colored = pyvips.Image.new_from_file(str(output))
    assert (colored.width, colored.height, colored.bands) == (300, 200, 3)
