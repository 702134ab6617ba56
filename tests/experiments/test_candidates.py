from pathlib import Path

import pytest

from basics.errors import ConfigError
from classifier.backbones import BACKBONES
from experiments.candidates import PAPER_CATEGORIES, RATES, Budget, Candidate, config_of, plan
from preprocessing.categories import CATEGORIES

BOTH = ("vgg19", "mobilenet_v2")


def named(candidates) -> list[tuple[str, str, str]]:
    return [(one.set_name, one.backbone, one.start) for one in candidates]


def test_from_scratch_every_backbone_is_trained_on_both_sets():
    candidates = list(plan(CATEGORIES, BOTH))
    assert named(candidates) == [
        ("six", "vgg19", "scratch"), ("six", "mobilenet_v2", "scratch"),
        ("every", "vgg19", "scratch"), ("every", "mobilenet_v2", "scratch"),
    ]  # fmt: skip
    assert candidates[0].categories == PAPER_CATEGORIES
    assert candidates[-1].categories == CATEGORIES


@pytest.mark.parametrize(
    ("weights", "started"), [("imagenet", list(BOTH)), ("mine.npz", ["mobilenet_v2"])]
)
def test_given_weights_add_a_training_for_each_backbone_that_takes_them(weights, started):
    candidates = list(plan(CATEGORIES, BOTH, weights))
    added = [one for one in candidates if one.start == "ImageNet"]
    assert named(added) == [(name, one, "ImageNet") for name in ("six", "every") for one in started]
    assert {one.weights for one in added} == {weights}
    assert len(candidates) == 4 + len(added)


def test_a_set_of_one_category_is_left_out():
    assert {one.set_name for one in plan(["beach", "forest"], BOTH)} == {"every"}


def test_one_packed_category_is_refused():
    with pytest.raises(ConfigError, match="two categories or more are told apart, 1 is packed"):
        list(plan(["beach"], BOTH))


@pytest.mark.parametrize("backbone", sorted(BACKBONES))
@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_every_training_takes_the_same_steps_on_the_same_windows(backbone, weights):
    budget = Budget(px=128, epochs=7, steps_per_epoch=11, batch_size=5, smallest_px=99, seed=3)
    candidate = Candidate(
        set_name="six", categories=PAPER_CATEGORIES, backbone=backbone, weights=weights
    )
    config = config_of(candidate, budget, Path("packed"), Path("runs"))
    assert (config.head_epochs + config.epochs) * config.steps_per_epoch == budget.steps == 77
    assert (config.size, config.run_px, config.batch_size) == (128, 128, 5)
    assert (config.smallest_px, config.seed, config.policy) == (99, 3, "mixed_bfloat16")


def test_from_scratch_all_layers_learn_and_from_imagenet_the_head_learns_first():
    scratch, imagenet = (
        config_of(candidate, Budget(), Path("packed"), Path("runs"))
        for candidate in plan(PAPER_CATEGORIES, ["resnet50"], "imagenet")
        if candidate.set_name == "six"
    )
    assert (scratch.head_epochs, scratch.trainable) == (0, "all")
    assert (imagenet.head_epochs, imagenet.trainable) == (2, "")
    assert scratch.learning_rate == RATES["resnet50"] > imagenet.learning_rate
    assert scratch.run_dir == Path("runs/six/resnet50-scratch")
    assert imagenet.run_dir == Path("runs/six/resnet50-imagenet")
