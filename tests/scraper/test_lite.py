"""The tables of the Unsplash Lite Dataset as a source of photos."""

import logging
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import ConfigError, ScrapeError
from scraper.http.client import Client
from scraper.lite import KEYWORD_COLUMNS, ROWS, LiteSource, rank_photos
from scraper.photo_ref import UNSPLASH_LICENCE, PhotoRef
from scraper.sources import SOURCES
from tests.scraper.fetching import MakeConfig
from tests.site.server import Site

KEYWORDS = "photo_id\tkeyword\tai_service_1_confidence\tai_service_2_confidence\tsuggested_by_user"
PHOTOS = (
    "photo_id\tphoto_url\tphoto_image_url\tphoto_description\tphotographer_username"
    "\tphotographer_first_name\tphotographer_last_name\tai_description"
)


def photo_row(photo_id: str) -> str:
    page_url = f"https://unsplash.com/photos/{photo_id}"
    image_url = f"https://images.unsplash.com/{photo_id}"
    return f"{photo_id}\t{page_url}\t{image_url}\t\tpainter\tAda\tPainter\ta drawing"


def write_table(path: Path, header: str, *rows: str) -> None:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder whose photo table lists "one" to "four"; the keyword table is each test's own."""
    folder = tmp_path / "lite"
    folder.mkdir()
    rows = [photo_row(photo_id) for photo_id in ("one", "two", "three", "four")]
    write_table(folder / "photos.tsv000", PHOTOS, *rows)
    return folder


def listed(folder: Path, category: str = "beach") -> list[str]:
    return [ref.photo_id for ref in LiteSource(folder).iter_photos(category)]


# which photos, in which order


def test_the_most_confident_photos_come_first(dataset: Path):
    write_table(
        dataset / "keywords.tsv000",
        KEYWORDS,
        "one\tbeach\t30.5\t\tf",
        "two\tbeach\t20\t99.5\tf",
        "three\tbeach\t\t\tt",
        "four\tforest\t99\t99\tt",
    )
    assert listed(dataset) == ["three", "two", "one"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("b\tbeach\t90\t\tf", "a\tbeach\t80\t80\tf"),  # the higher of the two counts
        ("b\tbeach\t80\t10\tf", "a\tbeach\t80\t\tf"),  # then the sum
        ("b\tbeach\t10\t80\tf", "a\tbeach\t80\t\tf"),  # whichever service it is
        ("b\tbeach\t\t\tt", "a\tbeach\t99.9\t99.9\tf"),  # a user's suggestion counts as 100
        ("b\tbeach\t1\t\tt", "a\tbeach\t100\t\tf"),  # as 100, and one confidence more
        ("a\tbeach\t100\t\tf", "b\tbeach\t\t\tt"),  # equal: by id
        ("b\tbeach\t1\t\tf", "a\tbeach\t\t\tf"),  # no confidence at all
        ("b\tbeach\t\t\ttrue", "a\tbeach\t99\t\tfalse"),
    ],
)
def test_photos_are_ranked_by_confidence(dataset: Path, first: str, second: str):
    write_table(dataset / "photos.tsv001", PHOTOS, photo_row("a"), photo_row("b"))
    write_table(dataset / "keywords.tsv000", KEYWORDS, second, first)
    assert listed(dataset) == [first[0], second[0]]


@pytest.mark.parametrize("keyword", ["Old Castle", "old castle", "OLD-CASTLE", "old-castle"])
def test_case_and_hyphens_of_a_keyword_do_not_matter(dataset: Path, keyword: str):
    others = [f"two\t{word}\t99\t\tf" for word in ("castle", "old", "old castles", "oldcastle")]
    write_table(dataset / "keywords.tsv000", KEYWORDS, f"one\t{keyword}\t5\t\tf", *others)
    assert listed(dataset, "old-castle") == ["one"]


@pytest.mark.parametrize("word", ["null", "nan", "na", "none", "true", "1"])
def test_words_that_tables_take_for_something_else_are_words(dataset: Path, word: str):
    write_table(dataset / "keywords.tsv000", KEYWORDS, f"one\t{word}\t50\t\tf", "two\t\t50\t\tf")
    assert listed(dataset, word) == ["one"]


def test_a_photo_that_has_a_keyword_twice_is_listed_once(dataset: Path):
    rows = ["one\tbeach\t10\t\tf", "two\tbeach\t50\t\tf", "one\tBeach\t90\t\tf"]
    write_table(dataset / "keywords.tsv000", KEYWORDS, *rows)
    assert listed(dataset) == ["one", "two"]


def test_a_keyword_that_no_photo_has_lists_nothing(dataset: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="scraper")
    write_table(dataset / "keywords.tsv000", KEYWORDS)
    assert listed(dataset) == []
    assert "beach: 0 photos have the keyword, 0 are listed" in caplog.messages


def test_photos_without_an_address_are_counted(dataset: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="scraper")
    rows = ["missing\tbeach\t99\t\tf", "one\tbeach\t5\t\tf"]
    write_table(dataset / "keywords.tsv000", KEYWORDS, *rows)
    assert listed(dataset) == ["one"]
    assert "beach: 2 photos have the keyword, 1 are listed" in caplog.messages


confidence = st.just("") | st.integers(0, 3).map(lambda tens: f"{10 * tens}.0")
keyword_rows = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from(["beach", "Beach", "forest"]),
        confidence,
        confidence,
        st.sampled_from("tf"),
    ),
    min_size=1,
    max_size=20,
)


@given(rows=keyword_rows, data=st.data())
def test_neither_order_nor_chunks_of_the_rows_matter(
    rows: list[tuple[str, ...]], data: st.DataObject
):
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    whole = pd.DataFrame(rows, columns=KEYWORD_COLUMNS)
    mixed = pd.DataFrame(shuffled, columns=KEYWORD_COLUMNS)
    ranked = rank_photos(iter([whole]), "beach")
    assert rank_photos(iter([mixed[:cut], mixed[cut:]]), "beach") == ranked
    assert set(ranked) == {row[0] for row in rows if row[1].lower() == "beach"}
    assert len(ranked) == len(set(ranked))


# what is read of a photo


def test_a_row_becomes_a_photo_with_its_licence(dataset: Path):
    write_table(dataset / "keywords.tsv000", KEYWORDS, "one\tbeach\t30\t\tf")
    (ref,) = LiteSource(dataset).iter_photos("beach")
    assert ref == PhotoRef(
        photo_id="one",
        page_url="https://unsplash.com/photos/one",
        image_url="https://images.unsplash.com/one",
        photographer="Ada Painter",
        photographer_url="https://unsplash.com/@painter",
        licence=UNSPLASH_LICENCE,
        alt_text="a drawing",
    )
    assert LiteSource(dataset).track_download(ref) is None


def test_the_photographers_description_takes_precedence(dataset: Path):
    row = photo_row("own").replace("\t\tpainter", '\t"Waves, ""big""\n and a\ttab"\tpainter')
    write_table(dataset / "photos.tsv001", PHOTOS, row)
    write_table(dataset / "keywords.tsv000", KEYWORDS, "own\tbeach\t30\t\tf")
    (ref,) = LiteSource(dataset).iter_photos("beach")
    assert ref.alt_text == 'Waves, "big" and a tab'


@pytest.mark.parametrize(
    ("before", "after", "photographer", "address"),
    [
        ("\tAda\tPainter", "\tAda\t", "Ada", "https://unsplash.com/@painter"),
        ("\tAda\tPainter", "\t\t", "painter", "https://unsplash.com/@painter"),
        ("\tpainter\tAda\tPainter", "\t\t\t", "", ""),
        ("\tpainter", "\ta/../b", "Ada Painter", "https://unsplash.com/@a%2F..%2Fb"),
    ],
)
def test_photographers_may_lack_names(
    dataset: Path, before: str, after: str, photographer: str, address: str
):
    write_table(dataset / "photos.tsv000", PHOTOS, photo_row("one").replace(before, after))
    write_table(dataset / "keywords.tsv000", KEYWORDS, "one\tbeach\t30\t\tf")
    (ref,) = LiteSource(dataset).iter_photos("beach")
    assert (ref.photographer, ref.photographer_url) == (photographer, address)


# the files


@pytest.mark.parametrize(
    "names",
    [
        ("photos.tsv000", "photos.tsv001", "keywords.tsv000", "keywords.tsv001"),
        ("photos.csv000", "photos.csv001", "keywords.csv000", "keywords.csv001"),
        ("photos.tsv", "photos.tsv2", "keywords.tsv", "keywords.tsv2"),
    ],
)
def test_tables_may_come_in_parts_of_either_name(tmp_path: Path, names: tuple[str, ...]):
    write_table(tmp_path / names[0], PHOTOS, photo_row("one"))
    write_table(tmp_path / names[1], PHOTOS, photo_row("two"))
    write_table(tmp_path / names[2], KEYWORDS, "two\tbeach\t30\t\tf")
    write_table(tmp_path / names[3], KEYWORDS, "one\tbeach\t40\t\tf")
    assert listed(tmp_path) == ["one", "two"]


def test_a_table_longer_than_what_is_read_at_a_time_is_read_to_its_end(dataset: Path):
    others = ["four\tforest\t50\t\tf"] * ROWS
    rows = ["one\tbeach\t30\t\tf", *others, "two\tbeach\t40\t\tf"]
    write_table(dataset / "keywords.tsv000", KEYWORDS, *rows)
    assert listed(dataset) == ["two", "one"]


def test_columns_may_be_more_and_in_another_order(tmp_path: Path):
    photos = pd.DataFrame(
        {
            "blur_hash": ["L0"],
            "photographer_last_name": ["Painter"],
            "photographer_first_name": ["Ada"],
            "photographer_username": ["painter"],
            "photo_image_url": ["https://images.unsplash.com/one"],
            "photo_url": ["https://unsplash.com/photos/one"],
            "photo_id": ["one"],
        }
    )
    keywords = pd.DataFrame(
        {
            "user_suggestion_source": ["photographer", None],
            "suggested_by_user": ["f", "t"],
            "ai_service_2_confidence": [None, 12.5],
            "ai_service_1_confidence": [88.25, None],
            "keyword": ["beach", "sea"],
            "photo_id": ["one", "one"],
        }
    )
    photos.to_csv(tmp_path / "photos.csv000", sep="\t", index=False)
    keywords.to_csv(tmp_path / "keywords.csv000", sep="\t", index=False)
    (ref,) = LiteSource(tmp_path).iter_photos("beach")
    assert (ref.photo_id, ref.photographer, ref.alt_text) == ("one", "Ada Painter", "")


@pytest.mark.parametrize(
    "broken",
    [
        "two\tbeach\tsand\t80\t\tf",  # a tab too many
        "two\tbeach\tunsure\t\tf",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_malformed_row_of_keywords_is_skipped_and_counted(
    dataset: Path, caplog: pytest.LogCaptureFixture, broken: str, place: int
):
    rows = ["one\tbeach\t30\t\tf", "three\tbeach\t20\t\tf"]
    rows.insert(place, broken)
    write_table(dataset / "keywords.tsv000", KEYWORDS, *rows)
    assert listed(dataset) == ["one", "three"]
    assert "beach: 1 malformed rows of the keyword table skipped" in caplog.messages


def test_a_first_row_that_is_too_long_does_not_shift_the_others(dataset: Path):
    rows = ["two\tbeach\t99\t\tf\tx\ty", "one\tbeach\t30\t\tf\tx"]
    write_table(dataset / "keywords.tsv000", f"{KEYWORDS}\tuser_suggestion_source", *rows)
    assert listed(dataset) == ["two", "one"]


@pytest.mark.parametrize("row", ["two\tbeach", "two\tbeach\t"])
def test_a_row_that_ends_early_has_no_confidence(dataset: Path, row: str):
    write_table(dataset / "keywords.tsv000", KEYWORDS, row, "one\tbeach\t30\t\tf")
    assert listed(dataset) == ["one", "two"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://images.unsplash.com/one", ""),
        ("https://images.unsplash.com/one", "file:///etc/passwd"),
        ("\thttps://unsplash.com/photos/one", ""),  # a cell too few: the others are shifted
        ("https://unsplash.com/photos/one", "a\ttab"),
    ],
)
def test_a_malformed_row_of_photos_is_skipped_and_counted(
    dataset: Path, caplog: pytest.LogCaptureFixture, before: str, after: str
):
    assert before in photo_row("one")
    rows = photo_row("one").replace(before, after), photo_row("two")
    write_table(dataset / "photos.tsv000", PHOTOS, *rows)
    keywords = ["one\tbeach\t50\t\tf", "two\tbeach\t40\t\tf"]
    write_table(dataset / "keywords.tsv000", KEYWORDS, *keywords)
    assert listed(dataset) == ["two"]
    assert "1 malformed rows of the photo table skipped" in caplog.messages


def test_an_id_that_is_no_file_name_is_not_used(dataset: Path):
    row = photo_row("one").replace("one\t", "../../one\t", 1)
    write_table(dataset / "photos.tsv000", PHOTOS, row)
    write_table(dataset / "keywords.tsv000", KEYWORDS, "../../one\tbeach\t50\t\tf")
    assert listed(dataset) == []


def test_invalid_utf_8_changes_one_cell_only(dataset: Path):
    row = photo_row("one").encode().replace(b"Ada", b"\xff\xfe")
    (dataset / "photos.tsv000").write_bytes(PHOTOS.encode() + b"\r\n" + row + b"\r\n")
    write_table(dataset / "keywords.tsv000", KEYWORDS, "one\tbeach\t50\t\tf")
    (ref,) = LiteSource(dataset).iter_photos("beach")
    assert ref.photographer == "\ufffd\ufffd Painter"


@pytest.mark.parametrize(
    ("table", "content", "match"),
    [
        ("keywords", "", "the table cannot be read: No columns"),
        ("keywords", KEYWORDS.replace("\tkeyword", "\tword"), "the table has no column keyword"),
        ("keywords", KEYWORDS.replace("\t", ","), "the table has no column photo_id, keyword, ai"),
        ("keywords", f'{KEYWORDS}\none\t"beach\t5\t\tf\n', "cannot be read: .*EOF inside string"),
        ("photos", PHOTOS.replace("photo_url", "url"), "the table has no column photo_url"),
        ("photos", "<html>Not found</html>", "the table has no column photo_id"),
    ],
)
def test_a_malformed_table_is_an_error(dataset: Path, table: str, content: str, match: str):
    write_table(dataset / "keywords.tsv000", KEYWORDS, "one\tbeach\t50\t\tf")
    (dataset / f"{table}.tsv000").write_text(content)
    with pytest.raises(ScrapeError, match=match) as caught:
        listed(dataset)
    assert f"where: {dataset / table}.tsv000" in str(caught.value)
    assert "https://unsplash.com/data" in str(caught.value)


def test_missing_tables_are_an_error_at_once(dataset: Path, tmp_path: Path):
    with pytest.raises(ScrapeError, match="no such folder"):
        LiteSource(tmp_path / "nowhere")
    with pytest.raises(ScrapeError, match=r"no keywords\.tsv000") as caught:
        LiteSource(dataset)
    assert "unpack the Unsplash Lite Dataset there" in str(caught.value)


def test_the_table_of_sources_opens_it_without_a_request(
    settings: MakeConfig, dataset: Path, site: Site
):
    write_table(dataset / "keywords.tsv000", KEYWORDS, "one\tbeach\t50\t\tf")
    config = settings(source="lite", dataset_dir=dataset)
    with (
        Client(config, obey_robots=False) as client,
        SOURCES["lite"](config, client) as source,
    ):
        (ref,) = source.iter_photos("beach")
        source.track_download(ref)
    assert ref.photo_id == "one"
    assert site.requests == []


def test_without_a_folder_nothing_starts(settings: MakeConfig):
    with pytest.raises(ConfigError, match="the Lite source needs its tables"):
        settings(source="lite")
