import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from basics.statistics import wilson_interval
from pipeline.turing.answers import Answer
from pipeline.turing.rates import LEAST, TOO_FEW, rates, table


def answers_of(category, *, colored=(0, 0), real=(0, 0), seconds=3.0):
    """Answers about one category; of each kind: taken for real, not taken for real."""
    said = [(True, True)] * colored[0] + [(True, False)] * colored[1]
    said += [(False, True)] * real[0] + [(False, False)] * real[1]
    return [
        Answer(
            id=i + 1,
            when="2026-03-01T10:00:00+00:00",
            session="5f",
            photo=f"{i}.jpg",
            category=category,
            is_colored=is_colored,
            said_real=said_real,
            seconds=seconds,
        )
        for i, (is_colored, said_real) in enumerate(said)
    ]


@pytest.mark.parametrize(
    ("n_hits", "n", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(n_hits, n, low, high):
    found = wilson_interval(n_hits, n)
    assert found.rate == n_hits / n
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(counts=st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipy(counts):
    n_hits, n = counts
    found = wilson_interval(n_hits, n)
    expected = binomtest(n_hits, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found.low <= found.rate <= found.high <= 1


@given(counts=st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_the_opposite_is_the_mirror_image(counts):
    n_hits, n = counts
    one, other = wilson_interval(n_hits, n), wilson_interval(n - n_hits, n)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-12)


def test_nothing_and_everything_are_bounds_themselves():
    assert wilson_interval(0, 7).low == 0.0
    assert wilson_interval(7, 7).high == 1.0


def test_a_row_for_all_then_one_for_each_category_by_name():
    rows = rates(
        [
            *answers_of("dog", colored=(12, 28), real=(30, 10), seconds=2.0),
            *answers_of("bus", colored=(30, 10), real=(20, 20), seconds=8.0),
        ]
    )
    assert [row.category for row in rows] == ["all", "bus", "dog"]
    assert [(row.n_colored, row.n_real) for row in rows] == [(80, 80), (40, 40), (40, 40)]
    assert [row.fooled and row.fooled.rate for row in rows] == [42 / 80, 0.75, 0.3]
    assert [row.believed and row.believed.rate for row in rows] == [50 / 80, 0.5, 0.75]
    assert [row.median_seconds for row in rows] == [5.0, 8.0, 2.0]
    assert rows[0].fooled == wilson_interval(42, 80)
    assert rows[2].believed == wilson_interval(30, 40)


def test_below_thirty_answers_about_coloured_photos_a_row_gives_no_rate():
    rows = rates(
        [
            *answers_of("bus", colored=(29, 0), real=(40, 0)),
            *answers_of("dog", colored=(1, 29), real=(10, 19)),
        ]
    )
    of_all, of_bus, of_dog = rows
    assert LEAST == 30
    assert (of_bus.fooled, of_bus.believed) == (None, None)
    assert of_bus.median_seconds == 3.0
    assert of_dog.fooled == wilson_interval(1, 30)
    assert of_dog.believed is None  # 29 answers about real ones are too few as well
    assert of_all.fooled == wilson_interval(30, 59)
    assert of_all.believed == wilson_interval(50, 69)


def test_without_answers_there_is_a_row_that_says_so():
    (row,) = rates([])
    assert (row.category, row.n_colored, row.n_real) == ("all", 0, 0)
    assert (row.fooled, row.believed, row.median_seconds) == (None, None, None)
    said = TOO_FEW.split()
    assert table([row]).splitlines()[1].split() == ["all", "0", *said, "0", *said]


def test_the_table_gives_rates_with_intervals_or_says_that_there_are_too_few():
    answers = answers_of("dog", colored=(12, 28), real=(30, 10), seconds=2.04)
    lines = table(rates([*answers, *answers_of("a long category", colored=(1, 0))])).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split()[:2] == ["category", "coloured"]
    assert lines[1].split()[:6] == ["all", "41", "31.7%", "(19.6%", "to", "47.0%)"]
    assert lines[2].startswith("a long category")
    assert lines[2].count("no rate below 30 answers") == 2
    assert lines[3].split() == [
        "dog", "40", "30.0%", "(18.1%", "to", "45.4%)", "40", "75.0%", "(59.8%", "to", "85.8%)",
        "2.0",
    ]  # fmt: skip


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["bus", "dog", "road"]), st.booleans(), st.booleans()),
        max_size=200,
    )
)
def test_every_answer_counts_once_and_in_its_category(said):
    answers = [
        answers_of(
            category,
            colored=(said_real, not said_real) if is_colored else (0, 0),
            real=(0, 0) if is_colored else (said_real, not said_real),
        )[0]
        for category, is_colored, said_real in said
    ]
    of_all, *others = rates(answers)
    assert of_all.n_colored + of_all.n_real == len(said)
    assert sum(row.n_colored for row in others) == of_all.n_colored
    assert sum(row.n_real for row in others) == of_all.n_real
    for row in (of_all, *others):
        assert (row.fooled is None) == (row.n_colored < LEAST)
