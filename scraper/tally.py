"""Counts of a run per category: photos found, kept, and left out by reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from basics.errors import ScrapeError
from scraper.photo_ref import Reason


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts of one category; found = kept + the sum of left_out.

    Attributes:
        found: photos that were listed, in this run or before.
        kept: photos in the folder.
        new: how many of them this run downloaded.
        left_out: reason -> photos.
        error: what ended the category early; None if nothing did.
    """

    category: str
    found: int
    kept: int
    new: int
    left_out: Counter[str]
    error: ScrapeError | None = None


def summary(tallies: Sequence[Tally]) -> str:
    """A table as text: per category found, kept, new, and each reason for leaving photos out."""
    total = sum((tally.left_out for tally in tallies), Counter[str]())
    reasons = [reason.value for reason in Reason if total[reason]]
    headers = ["found", "kept", "new", *reasons]
    widths = [max(len(header) + 2, 8) for header in headers]
    lines = [("category", *headers)]
    for tally in tallies:
        counts = (tally.found, tally.kept, tally.new, *(tally.left_out[one] for one in reasons))
        lines.append((tally.category, *map(str, counts)))
    if len(tallies) > 1:
        columns = list(zip(*lines[1:], strict=True))[1:]
        lines.append(("all", *(str(sum(map(int, column))) for column in columns)))
    first = max(len(line[0]) for line in lines)
    return "\n".join(
        line[0].ljust(first)
        + "".join(cell.rjust(width) for cell, width in zip(line[1:], widths, strict=True))
        for line in lines
    )
