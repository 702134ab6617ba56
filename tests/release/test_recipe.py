"""The recipe: a table of steps, each from what those before it left, and what one leaves."""

import csv
from dataclasses import replace

import pytest

from basics.errors import ConfigError
from classifier.config import ClassifierConfig
from colorizers.config import ColorizerConfig
from colorizers.initial_weights import encoder_sha256
from preprocessing.categories import CATEGORIES
from release.recipe.__main__ import do, write_log
from release.recipe.schedule import SCHEDULE, NetworkSettings
from release.recipe.steps import Plan, Teaching, iter_steps
from training.checkpoints import load_checkpoint

ALIKE = (NetworkSettings(name="first", seed=1), NetworkSettings(name="second", loss="huber"))


@pytest.fixture
def plan(tmp_path):
    return Plan(
        packed_dir=tmp_path / "packed", runs_dir=tmp_path, weights="none", teachers=ALIKE,
        student=NetworkSettings(name="student", architecture="quarter_encoder", views=300_000),
    )  # fmt: skip


def colorizers(steps):
    return [one for one in steps if isinstance(one, ColorizerConfig)]


def test_every_step_starts_from_what_came_before_it(plan):
    done = set()
    for step in iter_steps(plan, CATEGORIES):
        if isinstance(step, Teaching):
            assert {*step.teachers} <= done
            done.add(step.taught_dir)
        else:
            starts = {step.encoder, getattr(step, "init", None), getattr(step, "taught", None)}
            assert starts - {None} <= done
            assert step.run_dir not in done
            done.add(step.run_dir)


def test_each_teacher_and_the_student_learn_as_their_settings_say(plan):
    universal = [one for one in colorizers(iter_steps(plan, [])) if one.train_encoder]
    assert [one.run_dir.name for one in universal] == ["first", "second", "universal"]
    assert [one.loss for one in universal] == ["psnr", "huber", "psnr"]
    assert [one.seed for one in universal] == [1, 0, 0]
    assert [one.taught for one in universal] == [None, None, plan.runs_dir / "taught"]
    shown = [one.epochs * one.steps_per_epoch * one.batch_size for one in universal]
    assert shown == pytest.approx([100_000, 100_000, 300_000], rel=0.02)
    assert {one.average for one in universal} == {SCHEDULE["average"]}


def test_without_teachers_the_student_learns_from_the_truth_alone(plan):
    steps = list(iter_steps(replace(plan, teachers=()), []))
    assert not [one for one in steps if isinstance(one, Teaching)]
    (student,) = [one for one in colorizers(steps) if one.train_encoder]
    assert student.taught is None


def test_every_category_gets_a_decoder_that_starts_from_the_students(plan):
    folder = plan.runs_dir / "colorizers" / "quarter_encoder"
    shared = [
        one for one in colorizers(iter_steps(plan, CATEGORIES)) if one.run_dir.parent == folder
    ]
    assert [one.category for one in shared] == ["universal", *CATEGORIES]
    assert all(one.init == shared[0].run_dir for one in shared[1:])


def test_the_student_goes_on_from_a_teacher_like_it_and_else_from_the_router_of_gray_photos(plan):
    first = replace(plan.student, name="first", views=100_000)
    student = replace(plan.student, goes_on_from="first", size=192)
    both = replace(plan, teachers=(first,), student=student)
    teacher, found = [one for one in colorizers(iter_steps(both, [])) if one.train_encoder]
    start = plan.runs_dir / "start" / "mobilenet_v2"
    assert (teacher.init, teacher.encoder) == (None, start)
    assert (found.init, found.encoder, found.size) == (teacher.run_dir, None, 192)
    for others in ((), (replace(first, architecture="wide_encoder"),)):
        steps = iter_steps(replace(both, teachers=others), [])
        alone = [one for one in colorizers(steps) if one.train_encoder][-1]
        assert (alone.init, alone.encoder) == (None, start)


def test_the_encoder_is_left_alone_once_the_router_is_trained_on_it(plan):
    whole = list(iter_steps(plan, CATEGORIES))
    start, router = [one for one in whole if isinstance(one, ClassifierConfig)]
    assert start.run_dir == plan.runs_dir / "start" / "mobilenet_v2"
    assert start.epochs > 0
    assert router.run_dir == plan.runs_dir / "classifier" / "mobilenet_v2"
    assert router.epochs == 0  # its head alone
    after = colorizers(whole[whole.index(router) + 1 :])
    assert len(after) == 24
    assert not [one for one in after if one.train_encoder]
    decoders = [one for one in after if one.architecture == "quarter_encoder"]
    assert {one.encoder for one in decoders} == {router.run_dir}


def test_the_network_of_figure_3_is_trained_for_three_categories(plan):
    every = colorizers(iter_steps(plan, CATEGORIES))
    paper = [one for one in every if one.architecture == "encoder_decoder"]
    assert [one.category for one in paper] == ["universal", "fruit", "sunset", "forest"]


def test_the_weights_of_encoders_lie_in_one_folder_under_their_names(plan, tmp_path):
    lite = NetworkSettings(name="lite", backbone="efficientnet_lite0", loss="perceptual")
    several = replace(plan, weights=str(tmp_path), teachers=(lite,))
    steps = list(iter_steps(several, []))
    starts = [one for one in steps if isinstance(one, ClassifierConfig)][:2]
    names = [f"{one}_imagenet.npz" for one in ("efficientnet_lite0", "mobilenet_v2")]
    assert [one.weights for one in starts] == [str(tmp_path / name) for name in names]
    first, student = colorizers(steps)[:2]
    assert first.perceptual_weights == tmp_path / names[0]
    assert [first.encoder, student.encoder] == [one.run_dir for one in starts]
    with pytest.raises(ConfigError, match=r"weights of one encoder for efficientnet_lite0, mobile"):
        next(iter_steps(replace(several, weights="a.npz"), []))
    alone = next(iter_steps(replace(plan, weights="a.npz"), []))
    assert isinstance(alone, ClassifierConfig)
    assert alone.weights == "a.npz"


@pytest.mark.slow
@pytest.mark.nightly
def test_shortened_to_a_step_each_the_runs_fit_together(packed_photos, plan):
    short = replace(plan, packed_dir=packed_photos, teachers=ALIKE[:1])
    least = {"epochs": 1, "steps_per_epoch": 3, "batch_size": 2, "size": 32, "warmup_steps": 0}
    hashes = []
    for step in list(iter_steps(short, ["beach"]))[:6]:
        if isinstance(step, ColorizerConfig):
            step = replace(step, **least, checkpoint_every=1)
        elif isinstance(step, ClassifierConfig):
            step = replace(
                step,
                head_epochs=1,
                epochs=min(1, step.epochs),
                steps_per_epoch=1,
                batch_size=2,
                size=32,
            )
        elif isinstance(step, Teaching):
            step = replace(step, lesson=replace(step.lesson, px=(64,)))
        left = do(step)
        if left.suffix == ".keras":
            hashes.append(encoder_sha256(load_checkpoint(left, with_optimizer=False)))
    _, teacher, student, router, beach = hashes
    assert teacher != student
    assert router == beach


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
