import csv

from pipeline.recipe import colorizer_configs, router_config, write_log
from preprocessing.categories import CATEGORIES


def test_every_category_gets_a_decoder_that_starts_from_the_universal_one(tmp_path):
    configs = list(colorizer_configs(tmp_path / "packed", tmp_path, CATEGORIES))
    shared = [one for one in configs if one.architecture == "shared_encoder"]
    assert [one.category for one in shared] == ["universal", *CATEGORIES]
    assert all(one.init == shared[0].run_dir for one in shared[1:])
    assert all(one.encoder == router_config(tmp_path, tmp_path, "none").run_dir for one in shared)


def test_the_network_of_figure_3_is_trained_for_three_categories(tmp_path):
    configs = list(colorizer_configs(tmp_path / "packed", tmp_path, CATEGORIES))
    categories = [one.category for one in configs if one.architecture == "encoder_decoder"]
    assert categories == ["universal", "fruit", "sunset", "forest"]


def test_the_log_holds_every_epoch_of_every_run(tiny_runs, tmp_path):
    write_log(tiny_runs, tmp_path / "log.csv")
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {
        "classifier/mobilenet_v2",
        "colorizers/shared_encoder/universal",
        "colorizers/shared_encoder/beach",
        "colorizers/encoder_decoder/universal",
    }
    assert all(float(row["loss"]) > 0 for row in rows)
