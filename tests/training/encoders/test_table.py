import pytest

from training.encoders.table import ENCODERS, NAMES


@pytest.mark.full
@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_lite1"])  # the others: as backbones
def test_an_encoder_has_the_parameters_that_the_table_tells(name):
    assert ENCODERS[name].build().count_params() == ENCODERS[name].n_params


def test_classifiers_on_an_encoder_tell_the_same_parameters():
    from classifier.backbones import BACKBONES

    shared = {name: BACKBONES[name].n_params for name in NAMES if name in BACKBONES}
    assert len(shared) == 3
    assert shared == {name: ENCODERS[name].n_params for name in shared}
