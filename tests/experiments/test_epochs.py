import shutil

import numpy as np
import pandas as pd
import pytest
import pyvips

from evaluation.metrics import colorfulness
from experiments.epochs import main
from experiments.measure import mean_ab, open_network, predict, score, score_all, shrink
from imaging.lab import split_lab
from preprocessing.packing import load_packed
from tests.drawing import draw_photo
from training.checkpoints import load_checkpoint, save_checkpoint

EPOCHS = (1, 2, 4)
TRAINED = [str(epoch) for epoch in EPOCHS]


@pytest.fixture(scope="module")
def options(packed_photos):
    """What makes the command quick, but where its results go."""
    short = ["--steps-per-epoch", "2", "--batch-size", "4", "--size", "32"]
    epochs = ["--epochs", *TRAINED]
    return ["beach", "--packed-dir", str(packed_photos), *short, *epochs]


@pytest.fixture(scope="module")
def finished(options, tmp_path_factory):
    """The folder in which the command was given once; read only."""
    folder = tmp_path_factory.mktemp("epochs")
    assert main([*options, *_places(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def table(finished):
    return pd.read_csv(finished / "results" / "epochs_beach.csv").set_index("epoch")


def _places(folder):
    return ["--runs-dir", str(folder / "runs"), "--results-dir", str(folder / "results")]


def test_the_table_holds_every_epoch_and_what_to_compare_it_with(table):
    assert list(table.index) == ["gray", "mean tint", "ground truth", *TRAINED]
    measured = [f"{of}_{one}" for of in ("photo", "val", "test") for one in ("psnr_db", "ssim")]
    assert np.isfinite(table.loc[TRAINED, [*measured, "val_loss", "train_loss"]]).all(axis=None)
    assert table.loc[TRAINED, "seconds"].is_monotonic_increasing
    assert set(table["steps_per_epoch"]) == {2}
    assert set(table["batch_size"]) == {4}
    assert set(table["size"]) == {32}


def test_the_best_epoch_has_the_highest_psnr_on_validation(table):
    (best,) = table.index[table["is_best"]]
    assert best == table.loc[TRAINED, "val_psnr_db"].idxmax()


def test_the_figures_are_those_of_the_epochs_checkpoint(table, finished, packed_photos):
    path = finished / "runs" / "encoder_decoder" / "beach_32px" / "epoch_0002.keras"
    rgb = shrink(load_packed(packed_photos, "beach", "test"), 32)
    scores = score_all(rgb, predict(load_checkpoint(path), rgb))
    mean = np.mean([one["psnr_db"] for one in scores])
    assert table.loc["2", "test_psnr_db"] == pytest.approx(mean, abs=1e-4)
    assert table.loc["2", "photo_psnr_db"] == pytest.approx(scores[0]["psnr_db"], abs=1e-4)


def test_ground_truth_is_known_by_its_colours_alone(table, packed_photos):
    rgb = shrink(load_packed(packed_photos, "beach", "test"), 32)
    mean = np.mean([colorfulness(one) for one in rgb])
    assert table.loc["ground truth", "test_colorfulness"] == pytest.approx(mean, abs=1e-4)
    assert np.isnan(table.loc["ground truth", "test_psnr_db"])


def test_a_second_run_only_measures(options, finished, tmp_path, capsys):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    history = tmp_path / "runs" / "encoder_decoder" / "beach_32px" / "history.csv"
    before = history.stat().st_mtime_ns
    assert main([*options, *_places(tmp_path)]) == 0
    assert "already trained" in capsys.readouterr().err
    assert history.stat().st_mtime_ns == before
    again, first = (one / "results" / "epochs_beach.csv" for one in (tmp_path, finished))
    assert again.read_text() == first.read_text()


def test_a_photo_of_ones_own_is_coloured_at_each_epoch(options, finished, tmp_path, capsys, table):
    shutil.copytree(finished / "runs", tmp_path / "runs")
    photo = tmp_path / "mine.png"
    pyvips.Image.new_from_array(draw_photo("beach", 99)).write_to_file(str(photo))
    assert main([*options, *_places(tmp_path), "--photo", str(photo)]) == 0
    strip = tmp_path / "runs" / "encoder_decoder" / "beach_32px" / "mine_epochs.png"
    assert capsys.readouterr().out.split()[-1] == str(strip)
    image = pyvips.Image.new_from_file(str(strip))
    assert image.width > 4 * image.height  # gray, three epochs and the truth in a row
    own = pd.read_csv(tmp_path / "results" / "epochs_beach.csv").set_index("epoch")
    assert own.loc["1", "photo_psnr_db"] != table.loc["1", "photo_psnr_db"]
    assert own.loc["1", "test_psnr_db"] == table.loc["1", "test_psnr_db"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--photo", "nowhere.jpg"], "the photo cannot be read"),
        (["--size", "40"], "size 40 is no multiple of 32"),
    ],
)
def test_what_cannot_be_done_is_told_before_training(change, message, options, tmp_path, capsys):
    assert main([*options, *_places(tmp_path), *change]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_universal_is_no_category_of_fig_6(options, tmp_path, capsys):
    assert main(["universal", *options[1:], *_places(tmp_path)]) == 1
    assert "Fig. 6 is of one category" in capsys.readouterr().err


def test_a_photo_is_shrunk_with_the_filter_of_training():
    rgb = np.zeros((1, 256, 256, 3), np.uint8)
    rgb[:, :, 128:] = 200
    small = shrink(rgb, 32)
    assert small.shape == (1, 32, 32, 3)
    assert small.dtype == np.uint8
    assert (small[:, :, :15] == 0).all()
    assert (small[:, :, 17:] == 200).all()
    np.testing.assert_array_equal(shrink(rgb, 256), rgb)


def test_true_chrominance_scores_as_the_photo_itself():
    rgb = draw_photo("fruit", 1)[:64, :64]
    _, ab = split_lab(rgb)
    truth, gray = score(rgb, ab), score(rgb, np.zeros_like(ab))
    assert truth["psnr_db"] > 50
    assert truth["loss"] == 0
    assert gray["colorfulness"] == pytest.approx(0, abs=0.5)
    assert gray["loss"] == pytest.approx(np.square(ab).mean(), rel=1e-4)
    assert gray["psnr_db"] < 30


def test_the_mean_tint_is_near_the_chrominance_of_a_flat_photo():
    rgb = np.full((2, 32, 32, 3), (180, 120, 60), np.uint8)
    np.testing.assert_allclose(mean_ab(rgb), split_lab(rgb)[1][0, 0, 0], atol=1e-6)


def test_statistics_of_batch_normalization_are_those_of_the_photos(tmp_path):
    import keras

    from colorizers.models import ARCHITECTURES

    keras.utils.set_random_seed(0)
    network = ARCHITECTURES["shared_encoder"].build()
    save_checkpoint(network, tmp_path / "epoch_0001.keras")
    train = np.stack([draw_photo("beach", seed, 64, 64) for seed in range(4)])
    settled = open_network("shared_encoder", tmp_path / "epoch_0001.keras", train)
    norm, before = (_first_norm(one) for one in (settled, network))
    assert (keras.ops.convert_to_numpy(before.moving_mean) == 0).all()
    top = settled.get_layer("encoder")(split_lab(train)[0])[-1]
    layers = settled.get_layer("decoder").layers
    values = keras.ops.convert_to_numpy(layers[layers.index(norm) - 1](top))
    mean = keras.ops.convert_to_numpy(norm.moving_mean)
    close = np.abs(mean - values.mean(axis=(0, 1, 2))) < 1e-3 * np.abs(values).max()
    assert close.all()
    assert (mean != 0).any()


def _first_norm(network):
    layers = network.get_layer("decoder").layers
    return next(one for one in layers if "batch_normalization" in one.name)
