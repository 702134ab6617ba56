"""Photos that the Unsplash Lite Dataset lists: its tables photos.tsv* and keywords.tsv*.

Source: https://github.com/unsplash/datasets/blob/master/DOCS.md. Releases name the parts of a table
photos.tsv000, photos.tsv001, … or photos.csv000, …; all are tab-separated, quoted as in CSV, and
begin with a header.
"""

import logging
import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from basics.errors import ScrapeError
from scraper.config import SITE, ScrapeConfig
from scraper.http.client import Client
from scraper.photo_ref import PhotoRef

log = logging.getLogger(__name__)

ROWS = 50_000  # of a table in memory at a time
CONFIDENCES = ["ai_service_1_confidence", "ai_service_2_confidence"]  # 0 to 100; "" is none
KEYWORD_COLUMNS = ["photo_id", "keyword", *CONFIDENCES, "suggested_by_user"]
PHOTO_COLUMNS = [
    "photo_id",
    "photo_url",
    "photo_image_url",
    "photographer_username",
    "photographer_first_name",
    "photographer_last_name",
]
DESCRIPTIONS = ["photo_description", "ai_description"]  # not in every release
TRUE = ("t", "true", "1")
FULL_CONFIDENCE = 100.0
DATASET_URL = f"{SITE}/data"


@contextmanager
def open_lite_source(config: ScrapeConfig, client: Client) -> Iterator["LiteSource"]:
    """The dataset's tables as a source of photos; makes no request.

    Raises:
        ScrapeError: the tables are missing.
    """
    yield LiteSource(config.dataset_dir or Path())  # ScrapeConfig checks that it is given


class LiteSource:
    """Finds photos by their keywords; reads both tables anew for every category."""

    def __init__(self, folder: Path) -> None:
        """Find the parts of the tables in `folder`."""
        self._keywords = _parts(folder, "keywords")
        self._photos = _parts(folder, "photos")

    def iter_photos(self, category: str) -> Iterator[PhotoRef]:
        """Yield the photos that have the category as a keyword, best first by `rank_photos`.

        Raises:
            ScrapeError: a table is malformed.
        """
        ranked = rank_photos(_iter_rows(self._keywords, KEYWORD_COLUMNS), category)
        refs = _find_photos(_iter_rows(self._photos, PHOTO_COLUMNS, DESCRIPTIONS), set(ranked))
        n_photos, n_listed = len(ranked), len(refs)
        log.info("%s: %d photos have the keyword, %d are listed", category, n_photos, n_listed)
        yield from (refs[photo_id] for photo_id in ranked if photo_id in refs)

    def track_download(self, ref: PhotoRef) -> None:
        """Do nothing: the dataset tracks no downloads."""


def rank_photos(chunks: Iterator[pd.DataFrame], category: str) -> list[str]:
    """The ids of the photos with a keyword, by decreasing confidence.

    The rule is ours: the highest of the two confidences counts, and a user's suggestion as a
    confidence of 100; where that is equal, the sum of the three; then the id. Case and hyphens of a
    keyword do not matter.

    Args:
        chunks: rows of the keyword table, `KEYWORD_COLUMNS`, all as text.
        category: hyphens stand for spaces.
    """
    wanted = _normalized(pd.Series([category]))[0]
    ranks: dict[str, tuple[float, float]] = {}
    n_malformed = 0
    for chunk in chunks:
        rows = chunk[_normalized(chunk["keyword"]) == wanted]
        scores = _scores(rows)  # NaN in a row of shifted cells
        n_malformed += int(scores["sum"].isna().sum())
        for photo_id, best, total in zip(
            rows["photo_id"], scores["best"], scores["sum"], strict=True
        ):
            if not math.isnan(total):
                ranks[photo_id] = max((best, total), ranks.get(photo_id, (0.0, 0.0)))
    if n_malformed:
        log.warning("%s: %d malformed rows of the keyword table skipped", category, n_malformed)
    by_id = sorted(ranks)
    return sorted(by_id, key=ranks.__getitem__, reverse=True)  # stable: ties stay by id


def _scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the keyword table -> the maximum of the three confidences, and their sum."""
    confidences = rows[CONFIDENCES].replace("", "0").apply(pd.to_numeric, errors="coerce")
    suggested = rows["suggested_by_user"].str.lower().isin(TRUE)
    confidences = confidences.where(confidences.apply(lambda one: one.between(0, FULL_CONFIDENCE)))
    confidences["user"] = FULL_CONFIDENCE * suggested
    return pd.DataFrame(
        {
            "best": confidences.max(axis=1, skipna=False),
            "sum": confidences.sum(axis=1, skipna=False),
        }
    )


def _find_photos(chunks: Iterator[pd.DataFrame], wanted: Collection[str]) -> dict[str, PhotoRef]:
    """The wanted photos by their ids; malformed rows are counted and skipped."""
    refs: dict[str, PhotoRef] = {}
    n_malformed = 0
    for chunk in chunks:
        for row in chunk[chunk["photo_id"].isin(wanted)].to_dict("records"):
            ref = _photo_ref({str(column): str(cell) for column, cell in row.items()})
            if ref is None:
                n_malformed += 1
            else:
                refs[ref.photo_id] = ref
    if n_malformed:
        log.warning("%d malformed rows of the photo table skipped", n_malformed)
    return refs


def _photo_ref(row: dict[str, str]) -> PhotoRef | None:
    """None where id or URLs are malformed."""
    photo_id, page_url, image_url = (row[column].strip() for column in PHOTO_COLUMNS[:3])
    username, first, last = (row[column].strip() for column in PHOTO_COLUMNS[3:])
    ref = PhotoRef(
        photo_id=photo_id,
        page_url=page_url,
        image_url=image_url,
        photographer=f"{first} {last}".strip() or username,
        photographer_url=f"{SITE}/@{quote(username, safe='')}" if username else "",
        alt_text=next((row[one] for one in DESCRIPTIONS if row.get(one)), ""),
    )
    return ref if ref.is_valid else None


def _normalized(keywords: "pd.Series[str]") -> "pd.Series[str]":
    """Keywords normalized for comparison."""
    return keywords.str.casefold().str.replace("-", " ", regex=False)


def _parts(folder: Path, table: str) -> list[Path]:
    """The files of a table, sorted.

    Raises:
        ScrapeError: there are none.
    """
    parts = sorted(path for path in folder.glob(f"{table}.[tc]sv*") if path.is_file())
    if not parts:
        what = f"no {table}.tsv000" if folder.is_dir() else "no such folder"
        raise ScrapeError(what, folder, f"unpack the Unsplash Lite Dataset there: {DATASET_URL}")
    return parts


def _iter_rows(
    parts: Sequence[Path], columns: list[str], optional: Sequence[str] = ()
) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table in chunks, every cell as text.

    Raises:
        ScrapeError: a part cannot be read, or lacks one of `columns`.
    """
    table = {"sep": "\t", "encoding_errors": "replace"}
    for part in parts:
        try:
            present = set(pd.read_csv(part, nrows=0, **table).columns)
            missing = [column for column in columns if column not in present]
            if missing:
                raise _unusable(f"the table has no column {', '.join(missing)}", part)
            with pd.read_csv(
                part,
                usecols=[*columns, *(one for one in optional if one in present)],
                index_col=False,  # never the first column, whatever the first row's length
                dtype=str,
                keep_default_na=False,  # "null" and "nan" are words like others
                chunksize=ROWS,
                **table,
            ) as chunks:
                yield from chunks
        except (OSError, EOFError, ValueError) as error:  # pandas raises kinds of ValueError
            raise _unusable(f"the table cannot be read: {error}", part) from error


def _unusable(what: str, part: Path) -> ScrapeError:
    return ScrapeError(what, part, f"download the Unsplash Lite Dataset again: {DATASET_URL}")
