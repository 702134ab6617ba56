import pickle

import pytest

from basics import errors

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
