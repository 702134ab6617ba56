import pytest

from basics.errors import ConfigError
from basics.names import MEANT, require_name
from preprocessing.categories import CATEGORIES


@pytest.mark.parametrize(
    ("word", "offered"),
    [
        ("cat", "animal"),
        ("Portrait", "person"),
        ("sea", "beach"),
        ("beech", "beach"),
        ("dgo", "dog"),
    ],
)
def test_an_unknown_category_offers_the_one_that_was_meant(word, offered):
    with pytest.raises(ConfigError, match=f"did you mean '{offered}'"):
        require_name(word, CATEGORIES, what="category", where="category")


def test_a_word_is_offered_only_what_there_is():
    with pytest.raises(ConfigError, match=r"unknown category 'cat'\n"):
        require_name("cat", ["beach", "forest"], what="category", where="category")


def test_every_word_means_a_category_and_is_none_itself():
    assert set(MEANT.values()) <= set(CATEGORIES)
    assert not set(MEANT) & set(CATEGORIES)
