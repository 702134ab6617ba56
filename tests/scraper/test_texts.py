"""What a server sends is cleaned where it enters: laws, and tables of what has been tried."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.photo_ref import PhotoRef
from scraper.texts import (
    ALT_LENGTH,
    LICENCE_LENGTH,
    NAME_LENGTH,
    URL_LENGTH,
    as_cell,
    clean_text,
    clean_url,
    count_of,
    from_cell,
    read_json,
)
from tests.site.hostile import ADDRESSES, NUMBERS, TEXTS

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@given(text=ANY_TEXT, length=st.integers(1, 40))
def test_a_clean_text_is_short_on_one_line_and_can_be_stored(text: str, length: int):
    clean = clean_text(text, length)
    assert len(clean) <= length
    assert {unicodedata.category(one) for one in clean}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert clean.encode() is not None
    assert clean == " ".join(clean.split()) == clean_text(clean, length)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("lines", "one two three four"),
        ("control", "abc[31mde"),
        ("direction", "evilgpj.exe"),
        ("invisible", ""),
        ("surrogate", "a\ufffdb\ufffd"),
        ("formula_behind_a_tab", "=1+2"),
        ("commas", 'a "quoted", cell; and more'),
        ("long", "x" * 99 + "…"),
    ],
)
def test_what_cannot_be_seen_or_stored_is_taken_out_and_the_rest_stays(name: str, clean: str):
    assert clean_text(TEXTS[name], 100) == clean


@pytest.mark.parametrize(
    "text", ["Ann Lee", "Jürgen Groß", "山田 太郎", "ёлка", "🏖️ beach", "a-b=c"]
)
def test_an_ordinary_text_stays_as_it_is(text: str):
    assert clean_text(text, 100) == as_cell(text) == text


@pytest.mark.parametrize("value", [None, 3, True, ["a"], {"a": "b"}, 1.5])
def test_what_is_no_text_is_an_empty_one(value: object):
    assert (clean_text(value, 10), clean_url(value)) == ("", "")


@given(text=ANY_TEXT | st.text("'=+-@ a", max_size=6))
def test_a_cell_comes_back_and_none_begins_as_a_formula(text: str):
    assert from_cell(as_cell(text)) == text
    assert not as_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda one: one[:40])
def test_an_address_that_cannot_be_requested_is_none(address: str):
    assert clean_url(address) == ""


@given(text=ANY_TEXT.map(lambda one: f"http://{one}") | ANY_TEXT)
def test_any_text_is_an_address_or_none(text: str):
    assert clean_url(text) in (text, "")


def test_an_address_may_be_as_long_as_browsers_send():
    beginning = "https://example.org/"
    longest = beginning + "a" * (URL_LENGTH - len(beginning))
    assert clean_url(longest) == longest
    assert clean_url(f"{longest}a") == ""


@pytest.mark.parametrize(
    ("value", "count"),
    [(3, 3), ("3", 3), (0, 0), (10**14, 10**14), (True, None), (-1, None), ("-1", None),
     (1.5, None), (float("nan"), None), ("", None), ("1e3", None), ("²", None), ("٣", None),
     pytest.param("9" * 5000, None, id="digits"),
     pytest.param(10**5000, None, id="huge"), (None, None), ([3], None)],
)  # fmt: skip
def test_a_count_is_a_whole_number_of_a_few_digits(value: object, count: int | None):
    assert count_of(value) == count


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_no_use_does_not_cost_the_rest_of_the_answer(number: str):
    body = read_json(f'{{"id": "x", "width": {number}}}'.encode())
    assert body["id"] == "x"


def test_bytes_that_are_no_utf_8_cost_their_text_alone():
    assert read_json(b'\xef\xbb\xbf{"id": "x", "name": "J\xfcrgen"}') == {
        "id": "x",
        "name": "J\ufffdrgen",
    }


@given(text=ANY_TEXT)
def test_no_photo_of_a_source_holds_what_is_not_clean(text: str):
    ref = PhotoRef(
        photo_id="x",
        page_url=f"https://example.org/{text}",
        image_url=text,
        photographer=text,
        photographer_url=text,
        licence=text * 20,
        alt_text=text * 40,
        download_location=text,
    )
    texts = (ref.photographer, ref.licence, ref.alt_text)
    for value, length in zip(texts, (NAME_LENGTH, LICENCE_LENGTH, ALT_LENGTH), strict=True):
        assert value == clean_text(value, length)
    addresses = (ref.page_url, ref.image_url, ref.photographer_url, ref.download_location)
    assert all(one == clean_url(one) for one in addresses)
    assert json.loads(json.dumps(vars(ref))) == vars(ref)
