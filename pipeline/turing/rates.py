"""How often predicted colours were taken for real, with what can be said of so few answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from basics.statistics import Interval, wilson_interval
from pipeline.turing.answers import Answer

LEAST = 30  # answers of a kind; of fewer no rate is given
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
