import csv
from dataclasses import replace

import pytest

from classifier.config import ClassifierConfig
from colorizers.config import ColorizerConfig
from colorizers.initial_weights import encoder_sha256
from preprocessing.categories import CATEGORIES
from release.recipe import iter_steps, train, write_log
from training.checkpoints import load_checkpoint


def steps(folder):
    return list(iter_steps(folder / "packed", folder, "none", CATEGORIES))


def colorizers(configs):
    return [one for one in configs if isinstance(one, ColorizerConfig)]


def test_every_step_starts_from_a_run_that_came_before_it(tmp_path):
    done = set()
    for config in steps(tmp_path):
        starts = {config.encoder, getattr(config, "init", None)} - {None}
        assert starts <= done
        assert config.run_dir not in done
        done.add(config.run_dir)


def test_every_category_gets_a_decoder_that_starts_from_the_universal_one(tmp_path):
    folder = tmp_path / "colorizers" / "shared_encoder"
    shared = [one for one in colorizers(steps(tmp_path)) if one.run_dir.parent == folder]
    assert [one.category for one in shared] == ["universal", *CATEGORIES]
    assert all(one.init == shared[0].run_dir for one in shared[1:])


def test_the_encoder_is_left_alone_once_the_router_is_trained_on_it(tmp_path):
    whole = steps(tmp_path)
    (router,) = [one for one in whole if one.run_dir == tmp_path / "classifier" / "mobilenet_v2"]
    assert isinstance(router, ClassifierConfig)
    assert router.epochs == 0  # its head alone
    after = colorizers(whole[whole.index(router) + 1 :])
    assert len(after) == 24
    assert not [one for one in after if one.train_encoder]
    decoders = [one for one in after if one.architecture == "shared_encoder"]
    assert {one.encoder for one in decoders} == {router.run_dir}


def test_the_network_of_figure_3_is_trained_for_three_categories(tmp_path):
    paper = [one for one in colorizers(steps(tmp_path)) if one.architecture == "encoder_decoder"]
    assert [one.category for one in paper] == ["universal", "fruit", "sunset", "forest"]


@pytest.mark.slow
def test_shortened_to_a_step_each_the_runs_fit_together(packed_photos, tmp_path):
    hashes = []
    for config in list(iter_steps(packed_photos, tmp_path, "none", ["beach"]))[:5]:
        least = {"epochs": min(1, config.epochs), "steps_per_epoch": 1, "batch_size": 2, "size": 32}
        if isinstance(config, ClassifierConfig):
            least |= {"head_epochs": 1}
        hashes.append(encoder_sha256(load_checkpoint(train(replace(config, **least)))))
    first_router, first_universal, universal, router, beach = hashes
    assert first_router == first_universal != universal
    assert universal == router == beach


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
