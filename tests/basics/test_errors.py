import pickle

import pytest

from basics import errors
from basics.errors import ConfigError, DataError, Setting

CHILDREN = (errors.DataError, errors.ConfigError, errors.CheckpointError, errors.ScrapeError)


@pytest.mark.parametrize("kind", CHILDREN)
def test_an_error_says_what_where_and_how_to_mend_it(kind, tmp_path):
    error = kind("no images of 'beach'", tmp_path, "run: python -m scraper beach")
    assert str(error).splitlines() == [
        "no images of 'beach'",
        f"  where: {tmp_path}",
        "  fix: run: python -m scraper beach",
    ]


@pytest.mark.parametrize("kind", CHILDREN)
def test_an_error_survives_the_way_between_processes(kind):
    error = kind("what", (place for place in "no generator can be pickled"), "fix")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)


@pytest.mark.parametrize("kind", CHILDREN)
def test_one_except_clause_catches_every_error_of_ours(kind):
    with pytest.raises(errors.ProjectError, match="what"):
        raise kind("what", "where", "fix")


@pytest.mark.parametrize(
    ("setting", "python", "option", "field"),
    [
        (Setting("force", True), "force=True", "--force", "force=true"),
        (Setting("max_pixels"), "max_pixels=...", "--max-pixels", "max_pixels"),
        (Setting("format", "png"), "format='png'", "--format png", "format=png"),
    ],
)
def test_a_setting_is_told_in_the_words_of_whoever_asked(setting, python, option, field):
    error = DataError("what", "where", "fix it", setting)
    assert str(error).endswith(f"fix: fix it: {python}")
    assert error.for_command().endswith(f"fix: fix it: {option}")
    assert error.for_form() == ("what", "where", f"fix it: {field}")
    again = pickle.loads(pickle.dumps(error))
    assert again.for_command() == error.for_command()


def test_a_wrong_setting_is_where_it_went_wrong():
    error = ConfigError("top 0", Setting("top"), "give 1 or more")
    assert "where: top\n" in str(error)
    assert "where: --top\n" in error.for_command()
    assert error.for_form()[1] == "top"
