from hypothesis import given, settings
from hypothesis import strategies as st

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
