"""How often predicted colours were taken for real, with what can be said of so few answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from pipeline.turing.answers import Answer

LEAST = 30  # answers of a kind; of fewer no rate is given
CONFIDENCE = 0.95  # of the intervals
ALL = "all"  # what stands for the category of the row of all answers
TOO_FEW = f"no rate below {LEAST} answers"
COLUMNS = (  # head, width; "(95 %)" stands for the interval
    ("coloured", 10),
    ("taken for real (95 %)", 27),
    ("real", 10),
    ("taken for real (95 %)", 27),
    ("median s", 10),
)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A rate, and the bounds of its 95 % interval; shares, 0 to 1."""

    rate: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was answered about the photos of one category, or of all.

    Attributes:
        category: or "all".
        n_colored, n_real: answers about photos in predicted colours, and in their own.
        fooled: how often predicted colours were taken for real; None below `LEAST` answers.
        believed: how often real ones were; None below `LEAST` answers about either kind.
        median_seconds: from shown to answered; None where there is no answer.
    """

    category: str
    n_colored: int
    n_real: int
    fooled: Interval | None
    believed: Interval | None
    median_seconds: float | None


def rates(answers: Sequence[Answer]) -> list[Row]:
    """The row of all answers, then one for each category, by name."""
    categories = sorted({answer.category for answer in answers})
    of_each = [[one for one in answers if one.category == category] for category in categories]
    return [_row(ALL, answers), *map(_row, categories, of_each)]


def wilson_interval(n_hits: int, n: int) -> Interval:
    """The 95 % score interval of a rate.

    It takes the answers for independent of each other.

    Args:
        n_hits: how often it happened.
        n: how often it could have, 1 or more.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22; method 3 of Newcombe 1998, "Two-sided
    confidence intervals for the single proportion", Statistics in Medicine 17.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    rate = n_hits / n
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    low = max(0.0, middle - half) if n_hits else 0.0  # exactly, whatever the rounding
    high = min(1.0, middle + half) if n_hits < n else 1.0
    return Interval(rate=rate, low=low, high=high)


def table(rows: Sequence[Row]) -> str:
    """Rows as text, one per line below a line of heads: answers of each kind, and their rates."""
    lines = [("category", *(head for head, _ in COLUMNS)), *map(_cells, rows)]
    longest = max(len(name) for name, *_ in lines)
    return "\n".join(
        f"{name:<{longest}}"
        + "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))
        for name, *cells in lines
    )


def _row(category: str, answers: Sequence[Answer]) -> Row:
    of_colored = [one.said_real for one in answers if one.is_colored]
    of_real = [one.said_real for one in answers if not one.is_colored]
    return Row(
        category=category,
        n_colored=len(of_colored),
        n_real=len(of_real),
        fooled=_interval(of_colored),
        believed=_interval(of_real) if len(of_colored) >= LEAST else None,
        median_seconds=median(one.seconds for one in answers) if answers else None,
    )


def _interval(said_real: Sequence[bool]) -> Interval | None:
    enough = len(said_real) >= LEAST
    return wilson_interval(sum(said_real), len(said_real)) if enough else None


def _cells(row: Row) -> tuple[str, ...]:
    """What stands in a line of the table."""
    fooled, believed = (
        f"{one.rate:.1%} ({one.low:.1%} to {one.high:.1%})" if one else TOO_FEW
        for one in (row.fooled, row.believed)
    )
    seconds = "" if row.median_seconds is None else f"{row.median_seconds:.1f}"
    return (row.category, str(row.n_colored), fooled, str(row.n_real), believed, seconds)
