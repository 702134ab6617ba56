from pathlib import Path
from typing import Any

import pytest

from basics.errors import ConfigError
from classifier.config import ClassifierConfig

PLACES: dict[str, Any] = {"packed_dir": Path("packed"), "run_dir": Path("run")}


@pytest.mark.parametrize("size", [32, 192, 256])
@pytest.mark.parametrize("trainable", ["", "all", "upper"])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_settings_within_their_ranges_are_kept(size, trainable, policy):
    config = ClassifierConfig(**PLACES, size=size, trainable=trainable, policy=policy)
    assert (config.size, config.trainable, config.policy) == (size, trainable, policy)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"size": 0}, r"size 0 is no multiple of 32 up to 256\n.*: size\n.*32, 64 \.\. 256"),
        ({"size": 100}, "size 100 is no multiple of 32"),
        ({"size": 288}, "size 288 is no multiple of 32"),
        ({"trainable": "some"}, r"trainable 'some'\n.*: trainable\n.*all or upper"),
        ({"known": ("beach",)}, r"no classifier that knows them\n.*: known\n.*: encoder"),
        ({"policy": "float16"}, r"policy 'float16'\n.*: policy\n.*float32 or mixed_bfloat16"),
    ],
)
def test_settings_out_of_their_ranges_are_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        ClassifierConfig(**PLACES, **setting)
