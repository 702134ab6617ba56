"""Which photo is in which split, for good: splits.csv, and tables of the same form.

A photo in two categories has a line for each, with the same split.
"""

from collections.abc import Mapping
from pathlib import Path

from basics.errors import DataError
from preprocessing.categories import ANY
from preprocessing.split import ALL_SPLITS
from preprocessing.tables import MEND, name_cells, read_lines, require_cell, write_lines

Assignments = dict[tuple[str, str], str]  # (sha256, category) -> split
COLUMNS = ("sha256", "category", "split")
OLD_COLUMNS = ("sha256", "split")  # still read; its categories are ""


def read_splits(path: Path) -> Assignments:
    """Earlier assignments; none where there is no file.

    Raises:
        DataError: the table is damaged: photos would change their split; the error names the field.
    """
    lines, found, seen = read_lines(path), {}, {}
    columns = tuple(next(lines, (0, []))[1])
    if path.is_file() and columns not in (COLUMNS, OLD_COLUMNS):
        raise DataError(f"its columns are not {', '.join(COLUMNS)}", path, MEND)
    for number, cells in lines:
        where = f"{path}, line {number}"
        line = {"category": "", **name_cells(columns, cells, where)}
        sha256, category, split = (line[name] for name in COLUMNS)
        require_cell(line, "sha256", "[0-9a-f]{64}", where)
        require_cell(line, "category", r"[^/\0]*", where)
        require_cell(line, "split", "|".join(ALL_SPLITS), where)
        if seen.setdefault(sha256, split) != split:
            raise DataError("sha256: it stands twice, in two splits", where, MEND)
        if category == ANY and split != "train":
            raise DataError(f"split: {split!r}, but {ANY!r} is for training only", where, MEND)
        found[sha256, category] = split
    return found


def require_splits(path: Path) -> Assignments:
    """The assignments of a table that somebody names; see `read_splits`.

    Raises:
        DataError: there is no such file, too.
    """
    if not path.is_file():
        raise DataError("no such file", path, f"give a table with {', '.join(COLUMNS)}")
    return read_splits(path)


def split_by_sha(assignments: Assignments) -> dict[str, str]:
    """Content hash -> split."""
    return {sha256: split for (sha256, _), split in assignments.items()}


def require_agreement(stored: Mapping[str, str], given: Mapping[str, str], where: Path) -> None:
    """Check that no photo has one split in `given` and another in `stored`.

    Raises:
        DataError: one has: networks trained on the packed photos would be tested on some of them.
    """
    n_other = sum(stored.get(sha256, split) != split for sha256, split in given.items())
    if n_other:
        what = f"{n_other} photos were packed into other splits than the given ones"
        raise DataError(what, where, "choose another PACKED_DIR")


def write_splits(path: Path, assignments: Assignments) -> None:
    """Write a table of splits, sorted by content hash and category."""
    known = {sha256 for sha256, category in assignments if category}
    lines = (
        (sha256, category, split)
        for (sha256, category), split in sorted(assignments.items())
        if category or sha256 not in known  # an older table did not tell it
    )
    write_lines(path, COLUMNS, lines)
