import pytest

from basics.errors import ConfigError
from basics.names import require_name
from preprocessing.categories import CATEGORIES, category_name, require_category

SECTION_III = (
    "animal autumn beach bird bus christmas city dog dress flower food forest fruit house "
    "landscape mountain person road sunset waterfall"
)


def test_the_categories_are_those_of_the_paper_in_its_order():
    assert SECTION_III.split() == list(CATEGORIES)


@pytest.mark.parametrize("name", CATEGORIES)
def test_a_known_category_is_returned(name):
    assert require_category(name) == name


@pytest.mark.parametrize(
    ("typed", "meant"), [("dgo", "dog"), ("beech", "beach"), ("Sunset", "sunset"), ("cty", "city")]
)
def test_the_error_of_a_misspelt_category_offers_the_nearest(typed, meant):
    with pytest.raises(ConfigError, match=f"unknown category '{typed}'; did you mean '{meant}'"):
        require_category(typed)


def test_the_error_of_an_unknown_word_lists_all_categories_without_a_suggestion():
    with pytest.raises(ConfigError, match=r"choose one of: animal, .*, waterfall") as caught:
        require_category("xylophone")
    assert "did you mean" not in str(caught.value)


def test_the_error_names_the_setting():
    with pytest.raises(ConfigError, match=r"unknown backbone 'vgg'.*\n  where: --backbone\n"):
        require_name("vgg", ["vgg19"], what="backbone", where="--backbone")


@pytest.mark.parametrize(
    ("word", "name"),
    [("castle", "castle"), (" Old  Castle ", "old-castle"), ("château", "château"), ("a1", "a1")],
)
def test_any_word_can_be_a_category(word, name):
    assert category_name(word) == name


@pytest.mark.parametrize("name", CATEGORIES)
def test_the_name_of_a_category_is_the_category(name):
    assert category_name(name) == name


@pytest.mark.parametrize(
    "word",
    ["", " ", "all", "Universal", "Any", "../etc", "a/b", ".hidden", "-x", "a.b", "x" * 61, "a\0b"],
)
def test_an_unsafe_folder_name_is_no_category(word):
    with pytest.raises(ConfigError, match="cannot be a category"):
        category_name(word)
