import pytest

from basics.errors import ConfigError
from training.registry import ModelSpec, find, index


def named(name: str) -> ModelSpec:
    return ModelSpec(name=name, build=lambda: None, n_params=0, source="a test")


NAMES = ("encoder_decoder", "shared_encoder")
TABLE = index(NAMES, [named(name) for name in NAMES])


def test_a_table_holds_each_architecture_under_its_name():
    assert {name: spec.name for name, spec in TABLE.items()} == {
        "encoder_decoder": "encoder_decoder",
        "shared_encoder": "shared_encoder",
    }


def test_a_name_used_twice_is_refused():
    specs = [named(name) for name in ("vgg19", "resnet50", "vgg19")]
    with pytest.raises(ConfigError, match="two architectures named 'vgg19'"):
        index(["vgg19"], specs)


def test_names_and_networks_that_part_are_refused():
    with pytest.raises(ConfigError, match="networks resnet50, but names vgg19"):
        index(["vgg19"], [named("resnet50")])


def test_what_is_not_found_is_called_by_its_field():
    with pytest.raises(ConfigError, match=r"unknown backbone 'vgg16'[^\n]*\n.*where: backbone\n"):
        find(TABLE, "vgg16", "backbone")


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
