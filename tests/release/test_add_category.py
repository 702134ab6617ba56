import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from imaging.lab import split_lab
from pipeline import Colorizer, ColorRequest
from pipeline.colorize import main as colorize
from pipeline.engine.bundle_file import read_bundle, read_verified, write_bundle
from pipeline.engine.session import OnnxModel
from preprocessing.packing import load_packed
from release.add_category import main
from release.starting_weights import open_start
from tests.drawing import NEW, draw_photo, jpeg, write_raw
from training.checkpoints import weights_sha256

PROJECT_DIR = Path(__file__).parents[2]
FEW_STEPS = (
    *("--epochs", "1", "--steps-per-epoch", "2", "--batch-size", "4", "--train-size", "64"),
    *("--policy", "float32", "--head-epochs", "1"),
)


def add(folder: Path, *arguments: str) -> int:
    """Run the command in a folder with data/raw and pretrained; returns the exit code."""
    with contextlib.chdir(folder):
        return main([*arguments, "--no-scrape", *FEW_STEPS])


def stamps(folder: Path) -> dict[Path, int]:
    """When each visible file was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("[!.]*") if path.is_file()}


def require_whole(bundle_dir: Path) -> None:
    """Every listed file has its content, and no network lies there unlisted."""
    bundle = read_bundle(bundle_dir)
    listed = {file.file for file in bundle.entries}
    for file in bundle.entries:
        read_verified(bundle_dir, file)
    found = {path.relative_to(bundle_dir).as_posix() for path in bundle_dir.rglob("*.*")}
    assert found == listed | {"bundle.json"}


@pytest.fixture(scope="module")
def lonely(tiny_bundle, tmp_path_factory) -> Path:
    """A folder where a castle was added to the bundle, and no other photos are; read only."""
    folder = tmp_path_factory.mktemp("lonely")
    shutil.copytree(tiny_bundle, folder / "pretrained")
    write_raw(folder / "data" / "raw", [NEW])
    assert add(folder, NEW) == 0
    return folder


@pytest.fixture(scope="module")
def taught(lonely, drawn_photos, tmp_path_factory) -> Path:
    """The same when the other photos had come and the command was given again; read only."""
    folder = tmp_path_factory.mktemp("taught") / "folder"
    shutil.copytree(lonely, folder)
    shutil.copytree(drawn_photos, folder / "data" / "raw", dirs_exist_ok=True)
    assert add(folder, NEW) == 0
    return folder


@pytest.fixture
def copied(taught, tmp_path) -> Path:
    """A folder that a test may change."""
    return Path(shutil.copytree(taught, tmp_path / "copied"))


def test_a_word_outside_the_twenty_colours_at_once(lonely, gray_photo):
    bundle_dir = lonely / "pretrained"
    colored = Colorizer(bundle_dir).colorize(gray_photo, request=ColorRequest(category=NEW))
    assert colored.colorizer == f"shared_encoder/{NEW}"
    assert colored.category == NEW
    require_whole(bundle_dir)


def test_a_category_that_the_router_does_not_know_has_no_confidence(lonely, gray_photo, capsys):
    options = ["--models", str(lonely / "pretrained"), "--category", NEW, "--json"]
    assert colorize([str(gray_photo), *options]) == 0
    out, err = capsys.readouterr()
    assert f'"category": "{NEW}", "confidence": null, "ranking": [["' in out
    assert f"coloured as {NEW}, as you asked" in err


def test_a_category_is_known_only_where_it_has_a_colorizer(lonely, gray_photo, capsys):
    options = ["--models", str(lonely / "pretrained"), "--category", NEW]
    assert colorize([str(gray_photo), *options, "--colorizer", "encoder_decoder"]) == 1
    assert f"unknown category '{NEW}'" in capsys.readouterr().err


def test_without_the_other_photos_the_router_stays_and_says_why(lonely, tiny_bundle, capsys):
    before, after = read_bundle(tiny_bundle), read_bundle(lonely / "pretrained")
    assert after.router == before.router
    assert after.categories == before.categories
    assert add(lonely, NEW) == 0
    message = capsys.readouterr().err
    assert "the router is not retrained: no photos of beach, forest, fruit" in message
    assert f"only --category reaches {NEW}" in message


def test_with_all_photos_the_router_learns_the_category(taught):
    bundle = read_bundle(taught / "pretrained")
    assert bundle.categories == ("beach", "forest", "fruit", NEW)
    assert bundle.category_weights == (1.0,) * 4
    assert {"top_1", "nll_before", "int8_agreement"} <= set(bundle.router.validation)
    rgb = np.asarray(load_packed(taught / "data" / "packed", NEW, "test")[0])
    ranking = Colorizer(bundle).encode(rgb).ranking
    assert {category for category, _ in ranking} == set(bundle.categories)
    require_whole(taught / "pretrained")


def test_the_encoder_stays_bit_for_bit_what_it_was(taught, tiny_bundle, packed_photos):
    lum, _ = split_lab(load_packed(packed_photos, "beach", "test")[:1])
    before, after = read_bundle(tiny_bundle), read_bundle(taught / "pretrained")
    encoder = open_start(after, after.find_initial("mobilenet_v2", "all")).get_layer("encoder")
    assert weights_sha256(encoder) == before.encoder_sha256 == after.encoder_sha256
    _, *old = OnnxModel(tiny_bundle, before.router)([lum])
    _, *new = OnnxModel(after.folder, after.router)([lum])
    for one, other in zip(old, new, strict=True):  # other photos set the ranges of int8
        assert np.abs(one - other).mean() < 0.02 * np.abs(one).max()


def test_the_other_networks_stay_as_they_were(taught, tiny_bundle):
    before, after = read_bundle(tiny_bundle), read_bundle(taught / "pretrained")
    colorizers = {name: dict(table) for name, table in after.colorizers.items()}
    del colorizers["shared_encoder"][NEW]
    assert colorizers == before.colorizers
    assert after.training[1:] == before.training[1:]  # all but the router


def test_bundle_json_tells_how_the_new_networks_were_trained(taught):
    bundle = read_bundle(taught / "pretrained")
    decoder = bundle.find_colorizer("shared_encoder", NEW)
    assert decoder.training["photos"] == 8
    assert decoder.training["start"] == "shared_encoder_universal.npz"
    assert decoder.training["encoder_sha256"] == bundle.encoder_sha256
    assert bundle.router.training["photos"] == 32
    assert bundle.router.training["start"] == "router.npz"


def test_the_table_compares_the_new_network_with_simpler_ways(taught):
    table = pd.read_csv(taught / "results" / f"category_{NEW}.csv").set_index("method")
    assert list(table.index) == [
        "gray", "mean tint of the category", "universal", "true category", "ground truth",
    ]  # fmt: skip
    assert set(table["category"]) == {NEW}
    assert set(table["n"]) == {2}
    assert {"psnr_db", "ssim", "colorfulness"} <= set(table.columns)


def test_given_again_the_command_does_nothing_twice(taught, capsys):
    before = stamps(taught)
    assert add(taught, NEW) == 0
    out, err = capsys.readouterr()
    assert out.split() == [f"results/category_{NEW}.csv", "pretrained/bundle.json"]
    for message in ("nothing changed", "already trained", "added already", "knows every category"):
        assert message in err
    assert stamps(taught) == before


def test_a_category_that_fails_does_not_stop_the_others(copied, capsys):
    assert add(copied, "moat", NEW) == 1
    out, err = capsys.readouterr()
    assert out.split()[0] == f"results/category_{NEW}.csv"
    assert "error: too few photos of 'moat': 0 train, 0 val, 0 test" in err
    assert f"added: {NEW}; failed: moat" in err


def test_too_few_photos_are_told_before_any_training(copied, capsys):
    (copied / "data" / "raw" / "moat").mkdir()
    (copied / "data" / "raw" / "moat" / "a.jpg").write_bytes(jpeg(draw_photo(NEW, 99)))
    assert add(copied, "moat") == 1
    err = capsys.readouterr().err
    assert "too few photos of 'moat'" in err
    assert "where: data/raw/moat" in err
    assert "(1 files are there)" in err
    assert not (copied / "runs" / "categories" / "moat").exists()


def test_packed_photos_are_not_lost_where_others_are_raw(copied, capsys):
    shutil.rmtree(copied / "data" / "raw" / "beach")
    assert add(copied, NEW) == 1
    err = capsys.readouterr().err
    assert "photos were packed of categories that are not there: beach" in err
    assert "another --packed-dir than data/packed" in err
    assert (copied / "data" / "packed" / "beach" / "train.npy").is_file()


def test_packed_photos_of_further_folders_are_not_lost(copied, capsys):
    table = copied / "data" / "packed" / "photos.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:-1], lines[-1].removesuffix("0,") + "1,"]) + "\n")
    assert add(copied, NEW) == 1
    assert "photos of 2 folders were packed, 1 are given" in capsys.readouterr().err


def test_photos_that_came_after_the_training_are_told(copied, capsys):
    folder = copied / "data" / "raw" / NEW
    for seed in range(900, 912):
        (folder / f"{seed}.jpg").write_bytes(jpeg(draw_photo(NEW, seed)))
    assert add(copied, NEW) == 0
    message = f"runs/categories/{NEW} began with 8 training photos, now there are"
    assert message in capsys.readouterr().err


def test_a_better_network_takes_the_place_of_the_old_one(copied):
    bundle_dir = copied / "pretrained"
    old = read_bundle(bundle_dir).find_colorizer("shared_encoder", NEW)
    shutil.rmtree(copied / "runs")
    assert add(copied, NEW, "--epochs", "2") == 0  # the later option counts
    new = read_bundle(bundle_dir).find_colorizer("shared_encoder", NEW)
    assert new.file != old.file
    require_whole(bundle_dir)


@pytest.mark.slow
def test_a_kill_before_bundle_json_leaves_the_old_bundle_whole(lonely, tiny_bundle, tmp_path):
    shutil.copytree(lonely, tmp_path, dirs_exist_ok=True)
    bundle_dir = tmp_path / "pretrained"
    shutil.rmtree(bundle_dir)
    shutil.copytree(tiny_bundle, bundle_dir)
    before = read_bundle(bundle_dir)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_DIR)}
    command = [sys.executable, "-m", "release.add_category", NEW, "--no-scrape", *FEW_STEPS]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        while not (staged := list(bundle_dir.glob(f"shared_encoder/{NEW}-*.onnx"))):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert read_bundle(bundle_dir) == before
    models = Colorizer(bundle_dir).engine.models
    assert models.open(before.find_colorizer("shared_encoder", "beach"))
    assert add(tmp_path, NEW) == 0
    assert read_bundle(bundle_dir).find_colorizer("shared_encoder", NEW).category == NEW
    assert staged
    require_whole(bundle_dir)


def test_a_bundle_without_a_universal_decoder_to_start_from_is_refused(copied, capsys):
    bundle = read_bundle(copied / "pretrained")
    others = [one for one in bundle.training if one.category != "universal"]
    write_bundle(replace(bundle, training=others))
    assert add(copied, NEW) == 1
    assert "ships no shared_encoder of 'universal'" in capsys.readouterr().err


def test_a_damaged_start_is_refused(copied, capsys):
    path = copied / "pretrained" / "training" / "shared_encoder_universal.npz"
    path.write_bytes(path.read_bytes()[:-1])
    assert add(copied, NEW) == 1
    assert "a file of the bundle is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["universal"], "'universal' cannot be a category"),
        (["../castle"], "'../castle' cannot be a category"),
        ([NEW, "--source", "lite"], "the Lite source needs its tables"),
    ],
)
def test_what_cannot_be_added_is_explained(lonely, words, message, monkeypatch, capsys):
    monkeypatch.chdir(lonely)
    assert main(words) == 1
    assert message in capsys.readouterr().err


def test_two_commands_at_once_are_refused(lonely, capsys):
    with FileLock(lonely / "runs" / ".category.lock"):
        assert add(lonely, NEW) == 1
    assert "another release.add_category is at work here" in capsys.readouterr().err


def test_a_word_or_all_is_needed(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "NAME --all is required" in capsys.readouterr().err
