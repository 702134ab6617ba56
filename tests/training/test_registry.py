import pytest

from basics.errors import ConfigError
from training.registry import Architecture, find, index


def named(name: str) -> Architecture:
    return Architecture(name=name, build=lambda: None, n_params=0, source="a test")


TABLE = index(named("encoder_decoder"), named("shared_encoder"))


def test_a_table_holds_each_architecture_under_its_name():
    assert {name: spec.name for name, spec in TABLE.items()} == {
        "encoder_decoder": "encoder_decoder",
        "shared_encoder": "shared_encoder",
    }


def test_a_name_used_twice_is_refused():
    with pytest.raises(ConfigError, match="two architectures named 'vgg19'"):
        index(named("vgg19"), named("resnet50"), named("vgg19"))


def test_an_architecture_is_found_by_its_name():
    assert find(TABLE, "shared_encoder") is TABLE["shared_encoder"]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("encoder_decodr", r"'encoder_decodr'; did you mean 'encoder_decoder'\?"),
        ("sharedencoder", r"'sharedencoder'; did you mean 'shared_encoder'\?"),
        ("xyz", r"'xyz'\n"),
    ],
)
def test_an_unknown_name_offers_the_nearest_and_the_whole_list(wrong, hint):
    with pytest.raises(ConfigError, match=f"unknown architecture {hint}") as caught:
        find(TABLE, wrong)
    assert "choose one of: encoder_decoder, shared_encoder" in str(caught.value)
