"""Teachers and their student: files, crops, and the two losses."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from basics.errors import CheckpointError, ConfigError, DataError
from colorizers.config import ColorizerConfig
from colorizers.tasks import find_task
from colorizers.taught_ab import MAP_PX, TAUGHT, fingerprint, load_taught
from colorizers.teach import Lesson, at_sizes, main, mean_map, teach
from colorizers.train import train
from imaging.lab import AB_SCALE, split_lab
from preprocessing.packing import load_packed
from tests.training.conftest import build_small_network
from training.batches import load_photos, training_batches
from training.checkpoints import save_checkpoint
from training.task import NETWORK

CATEGORIES = ["beach", "forest", "fruit"]
LESSON = Lesson(px=(64,))


def pointwise(a: float, b: float) -> keras.Model:
    """A teacher that paints every pixel by its lightness alone."""
    network = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 1)])
    network.set_weights([np.array([a, b], np.float32).reshape(1, 1, 1, 2), np.zeros(2)])
    return network


@pytest.fixture(scope="module")
def teachers(tmp_path_factory) -> list[Path]:
    """A run folder and a checkpoint."""
    folder = tmp_path_factory.mktemp("teachers")
    save_checkpoint(pointwise(0.4, 0), folder / "run" / "epoch_0001.keras")
    save_checkpoint(pointwise(0, -0.2), folder / "other.keras")
    return [folder / "run", folder / "other.keras"]


@pytest.fixture(scope="module")
def taught(teachers, packed_photos, tmp_path_factory) -> Path:
    """What both predict; read only."""
    folder = tmp_path_factory.mktemp("taught")
    assert teach(teachers, packed_photos, folder, LESSON) == folder / "taught.json"
    return folder


def test_the_map_of_a_photo_is_the_mean_of_its_teachers(taught, packed_photos):
    for category in CATEGORIES:
        photos = load_packed(packed_photos, category, "train")
        maps = np.load(taught / f"{category}.npy")
        assert (maps.shape, maps.dtype) == ((len(photos), MAP_PX, MAP_PX, 2), np.int8)
        lightness, _ = split_lab(np.asarray(photos))
        mean = lightness.reshape(-1, 64, 4, 64, 4).mean((2, 4))[..., None] * [0.2, -0.1]
        assert np.abs(maps / AB_SCALE - mean)[:, 2:-2, 2:-2].mean() < 0.01
    assert not list(taught.glob("*.partial"))


@pytest.mark.graph
def test_mirrored_teachers_predict_of_a_mirrored_photo_the_mirrored_map():
    upsampling = layers.UpSampling2D(interpolation="bilinear")
    small = build_small_network()  # it looks round each pixel
    network = keras.Sequential([small, layers.AveragePooling2D(2), upsampling])
    rgb = np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), np.uint8)

    def maps(photos: np.ndarray, lesson: Lesson) -> np.ndarray:
        return mean_map(at_sizes([network], lesson.px), photos, lesson)

    both = Lesson(px=(32, 64), mirror=True)
    mirrored = maps(rgb[:, :, ::-1], both)
    np.testing.assert_allclose(maps(rgb, both)[:, :, ::-1], mirrored, atol=1)
    assert np.abs(maps(rgb, Lesson(px=(64,)))[:, :, ::-1] - mirrored).max() > 1


def test_a_killed_command_goes_on_where_it_was(teachers, packed_photos, taught, tmp_path):
    copy = tmp_path / "taught"
    shutil.copytree(taught, copy)
    table = json.loads((copy / "taught.json").read_text())
    of = table["categories"].pop("forest")
    (copy / "taught.json").write_text(json.dumps(table))
    chunk = copy / f"forest-{of[:12]}.partial" / "0000000.npy"
    chunk.parent.mkdir()
    left = np.full((8, MAP_PX, MAP_PX, 2), 7, np.int8)
    np.save(chunk, left)
    done = (copy / "beach.npy").stat().st_mtime_ns
    teach(teachers, packed_photos, copy, LESSON)
    np.testing.assert_array_equal(np.load(copy / "forest.npy"), left)
    assert (copy / "beach.npy").stat().st_mtime_ns == done
    assert json.loads((copy / "taught.json").read_text())["categories"]["forest"] == of
    assert not chunk.parent.exists()


def test_photos_without_category_are_taught_too(teachers, taught, tmp_path):
    packed = tmp_path / "packed"
    for category, seed in (("beach", 0), ("any", 1)):
        (packed / category).mkdir(parents=True)
        photos = np.random.default_rng(seed).integers(0, 256, (1, 256, 256, 3), np.uint8)
        np.save(packed / category / "train.npy", photos)
    teach(teachers, packed, tmp_path / "taught", LESSON)
    both = load_photos(packed, ["beach"], "train", with_any=True)
    known = load_taught(tmp_path / "taught", ["beach"], both)
    for row, category in enumerate(("beach", "any")):
        maps = known.batch(np.array([row]))[TAUGHT]
        np.testing.assert_array_equal(maps, np.load(tmp_path / "taught" / f"{category}.npy"))


def test_the_folder_of_other_teachers_is_refused(teachers, packed_photos, taught):
    with pytest.raises(CheckpointError, match=r"other teachers .*\n.*\n.*--taught-dir"):
        teach(teachers[:1], packed_photos, taught, LESSON)
    with pytest.raises(ConfigError, match=r"px 100 is no multiple of 32"):
        Lesson(px=(100,))


def test_maps_of_other_photos_are_refused(taught, packed_photos, tmp_path):
    beach = load_photos(packed_photos, ["beach"], "train")
    assert TAUGHT in load_taught(taught, ["beach"], beach).beside
    with pytest.raises(DataError, match=r"the photos of 'forest' are others"):
        load_taught(taught, ["forest"], beach)
    with pytest.raises(DataError, match=r"nothing is taught of 'dog'\n.*\n.*colorizers.teach"):
        load_taught(taught, ["dog"], beach)
    shutil.copytree(taught, tmp_path, dirs_exist_ok=True)
    np.save(tmp_path / "beach.npy", np.zeros((3, MAP_PX, MAP_PX, 2), np.int8))
    with pytest.raises(DataError, match=r"int8 \(3, 64, 64, 2\), not int8 \(8, 64, 64, 2\)"):
        load_taught(tmp_path, ["beach"], beach)
    (tmp_path / "taught.json").write_text("[]")
    with pytest.raises(DataError, match=r"damaged taught.json"):
        load_taught(tmp_path, ["beach"], beach)


def student(packed_dir: Path, run_dir: Path, taught_dir: Path, **changes: Any) -> ColorizerConfig:
    run = {"category": "universal", "packed_dir": packed_dir, "run_dir": run_dir}
    short = {"epochs": 1, "steps_per_epoch": 1, "batch_size": 4, "size": 64, "run_px": 32}
    return ColorizerConfig(**run, **short, smallest_px=128, taught=taught_dir, **changes)


def write_true_maps(folder: Path, photos: np.ndarray) -> None:
    """What a teacher would write that knows the truth."""
    _, ab = split_lab(photos)
    small = ab.reshape(-1, 64, 4, 64, 4, 2).mean((2, 4))
    np.save(folder / "beach.npy", np.rint(small * AB_SCALE).astype(np.int8))
    table = {"recipe": {}, "categories": {"beach": fingerprint(photos)}}
    (folder / "taught.json").write_text(json.dumps(table))


def smooth_photos(n: int) -> np.ndarray:
    """(n, 256, 256, 3) uint8, without edges: a map of a quarter of the side shows them as well."""
    y, x = np.mgrid[:256, :256] / 255
    waves = [60 + 20 * i + 60 * np.stack([x, y, 1 - x * y], -1) for i in range(n)]
    return np.rint(waves).astype(np.uint8)


@pytest.mark.parametrize("old_prints", [0, 1])
def test_the_crop_of_a_map_is_that_of_its_photo_mirrored_or_not(tmp_path, old_prints):
    photos = smooth_photos(5)
    (tmp_path / "beach").mkdir()
    np.save(tmp_path / "beach" / "train.npy", photos)
    write_true_maps(tmp_path, photos)
    known = load_taught(tmp_path, ["beach"], load_photos(tmp_path, ["beach"], "train"))
    config = student(tmp_path, tmp_path, tmp_path, old_prints=old_prints)
    task = find_task(config, {NETWORK: build_small_network()})
    options = {"batch_size": 10, "seed": 0, "start_step": 0, "augmentation": task.augmentation}
    (batch,) = next(training_batches(known, **options))
    assert len(set(np.sign(batch["crops"][:, 3]))) == 2
    outputs = task.forward({name: ops.convert_to_tensor(one) for name, one in batch.items()}, True)
    taught, truth = (ops.convert_to_numpy(outputs[name]) for name in (TAUGHT, "truth"))
    np.testing.assert_allclose(taught, truth, atol=0.02)
    assert np.abs(taught[:, :, ::-1] - truth).max() > 0.1


def test_a_student_minds_teachers_and_truth_as_much_as_it_is_told(taught, packed_photos, tmp_path):
    photos = load_taught(taught, CATEGORIES, load_photos(packed_photos, CATEGORIES, "train"))
    parts = {NETWORK: build_small_network()}
    both, truth = (
        find_task(student(packed_photos, tmp_path, taught, loss="huber", **factors), parts)
        for factors in ({"taught_factor": 3.0, "truth_factor": 0.5}, {"truth_factor": 0.0})
    )
    options = {"batch_size": 2, "seed": 0, "start_step": 0, "augmentation": both.augmentation}
    (batch,) = next(training_batches(photos, **options))
    outputs = both.forward({name: ops.convert_to_tensor(one) for name, one in batch.items()}, True)
    losses, alone = ({k: float(v) for k, v in one.losses(outputs).items()} for one in (both, truth))
    assert alone["truth"] == 0
    assert losses["taught"] == pytest.approx(3 * alone["taught"], rel=1e-5)
    of_truth = find_task(
        ColorizerConfig(category="x", packed_dir=tmp_path, run_dir=tmp_path, loss="huber"), parts
    ).losses(outputs)
    assert losses["truth"] == pytest.approx(0.5 * float(of_truth["huber"]), rel=1e-5)


def test_a_student_trains_on_old_prints_and_goes_on_after_a_kill(taught, packed_photos, tmp_path):
    config = student(packed_photos, tmp_path / "run", taught, old_prints=0.5, loss="psnr")
    path = train(config)
    with (config.run_dir / "history.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    parts = [float(row[name]) for name in ("truth", "taught")]
    assert float(row["loss"]) == pytest.approx(sum(parts), rel=1e-4)
    assert float(row["val_psnr_db"]) > 0
    assert train(config) == path
    shutil.copytree(taught, tmp_path / "other")
    table = json.loads((tmp_path / "other" / "taught.json").read_text())
    table["recipe"]["px"] = [128]
    (tmp_path / "other" / "taught.json").write_text(json.dumps(table))
    changed = student(
        packed_photos, config.run_dir, tmp_path / "other", old_prints=0.5, loss="psnr"
    )
    with pytest.raises(CheckpointError, match=r"other settings: .*taught_sha256"):
        train(changed)


def test_the_command_tells_where_it_wrote(teachers, packed_photos, taught, capsys):
    places = ["--packed-dir", str(packed_photos), "--taught-dir", str(taught), "--px", "64"]
    assert main([*map(str, teachers), *places]) == 0  # all of it is done already
    assert capsys.readouterr().out == f"{taught / 'taught.json'}\n"
