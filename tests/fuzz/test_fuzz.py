"""Damaged files of every format: whole results or clear errors, and nothing else.

Two hundred of those of `python -m tests.fuzz`, which has as many as one likes.
"""

import json

import numpy as np
import pytest
from PIL import Image

from tests.fuzz.cases import SHAPES, case
from tests.fuzz.driver import Answer, Driver
from tests.fuzz.mutators import STRUCTURED
from tests.fuzz.oracle import apart, errors_in, judge, judge_results, judge_sizes
from tests.fuzz.outcome import growth
from tests.fuzz.run import BATCH, Run
from tests.fuzz.seeds import FORMATS, seeds

SEED, N_BATCHES = 16, 4


@pytest.fixture(scope="module")
def fuzzing(tiny_bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    with Driver(tiny_bundle, folder) as driver:
        yield Run(driver, folder, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(N_BATCHES))
def test_damaged_files_end_in_whole_results_or_clear_errors(fuzzing, number):
    before = len(fuzzing.outcome.failures)
    fuzzing.batch(range(number * BATCH, (number + 1) * BATCH))
    new = fuzzing.outcome.failures[before:]
    assert not new, "\n".join(f"{one.kind}: {one.name}: {one.what}" for one in new)
    assert fuzzing.driver.n_started == 1
    assert set(fuzzing.outcome.fates) >= {"coloured", "refused"}


def test_a_file_is_made_of_its_seed_and_number_alone():
    some = [case(5, number) for number in (3, 1, 2)]
    again = [case(5, number) for number in (1, 2, 3)]
    assert {one.name: one.content for one in some} == {one.name: one.content for one in again}
    assert case(6, 1).name != case(5, 1).name


def test_every_format_and_every_kind_of_damage_is_among_a_few_thousand_files():
    names = [case(0, number).name for number in range(2500)]
    hows = {how for table in STRUCTURED.values() for how in table}
    for word in (*FORMATS, *hows, *SHAPES, "metadata", "splice", "claimed", "unpacked"):
        assert any(word in name for name in names), word
    assert {name.split(".")[-1] for name in seeds()} == set(FORMATS)


CLEAR = "error: it is damaged\n  where: a.jpg\n  fix: copy it again\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(code=1, stderr=CLEAR), None),
        (Answer(ended="crash: SIGSEGV"), "crash"),
        (Answer(ended="hang: no answer within 20 s"), "hang"),
        (Answer(code=None, trace="Traceback ... KeyError: 'I'"), "trace"),
        (Answer(code=3), "exit code"),
        (Answer(code=1, stderr=CLEAR.replace("again", "or report this as a bug")), "unforeseen"),
        (Answer(code=1, stderr=CLEAR.replace("damaged", "damaged\n")), "untidy error"),
        (Answer(code=1, stderr=CLEAR.replace("damaged", "\x1b[2J")), "control characters"),
        (Answer(code=1, stderr=CLEAR * 200), "long stderr"),
        (Answer(code=0, stderr="VIPS-WARNING **: odd"), "library's words"),
        (Answer(code=0, before=10**8, peak=2 * 10**9), "memory"),
    ],
)
def test_what_must_not_be_is_seen_in_an_answer(answer, kind):
    assert [one.kind for one in judge("a.jpg", answer, 1)] == ([kind] if kind else [])


def test_a_worker_that_hangs_or_dies_is_told_and_replaced(shipped, tmp_path):
    with Driver(shipped, tmp_path) as driver:
        assert driver.ask({"argv": ["--help"]}, 60).code == 0
        assert driver.ask({"argv": ["--version"]}, 0.001).ended.startswith("hang: no answer")
        died = driver.ask({"argv": ["/nowhere.jpg"], "kill": True}, 60)
        assert died.ended == "crash: SIGKILL"
        refused = driver.ask({"argv": ["/nowhere.jpg"]}, 60)
    assert driver.n_started == 3
    assert (refused.code, refused.ended) == (1, "")
    assert [what for what, _, _ in errors_in(refused.stderr)] == [
        "no such photo: No such file or directory"
    ]


def test_half_a_result_and_what_is_left_behind_are_seen(tmp_path):
    whole, half = tmp_path / "a_color.png", tmp_path / "b_color.png"
    Image.fromarray(np.arange(10_000, dtype=np.uint8).reshape(100, 100)).save(whole)
    assert not list(judge_results("a", tmp_path, [whole]))
    half.write_bytes(whole.read_bytes()[:-200])
    (tmp_path / ".partial-1.png").write_bytes(whole.read_bytes())
    found = [one.what for one in judge_results("a", tmp_path, [whole, half])]
    assert [one.split(":")[0] for one in sorted(found)] == ["b_color.png", "left behind"]


def test_a_result_of_another_size_than_was_told_is_seen(tmp_path):
    Image.new("L", (8, 5)).save(tmp_path / "a.png")
    colored = {"output": str(tmp_path / "a.png"), "width": 8, "height": 5}
    told, other = json.dumps(colored), json.dumps({**colored, "height": 6})
    assert not list(judge_sizes("a", told, (5, 8)))
    assert [one.kind for one in judge_sizes("a", told, (8, 8))] == ["size"]
    assert [one.kind for one in judge_sizes("a", other)] == ["size"]


def test_a_result_that_differs_from_the_one_alone_is_seen(tmp_path):
    for name, level in (("a.png", 100), ("b.png", 100), ("c.png", 103)):
        Image.new("RGB", (8, 8), (level, level, level)).save(tmp_path / name)
    assert not apart(tmp_path / "a.png", tmp_path / "b.png")
    assert apart(tmp_path / "a.png", tmp_path / "c.png") == "3.0 levels apart"


def test_memory_is_compared_within_the_process_that_saw_the_most_files():
    first = [(500, 300), (1000, 310), (1500, 320)]
    second = [(400, 200), (1100, 250), (2000, 260), (9000, 265)]
    assert growth(first + second) == 15
    assert growth(second + first) == 15
    assert growth(first[:2]) is None
