from pathlib import Path
from typing import Any

import pytest

from basics.errors import ConfigError
from colorizers.config import ColorizerConfig

NEEDED: dict[str, Any] = {"category": "beach", "packed_dir": Path("packed"), "run_dir": Path("run")}


def test_the_defaults_are_the_paper_s_schedule():
    config = ColorizerConfig(**NEEDED)
    assert config.architecture == "encoder_decoder"
    assert (config.epochs, config.steps_per_epoch, config.batch_size) == (500, 25, 25)  # IV-A
    assert config.checkpoint_every == 50  # IV-A
    assert (config.size, config.run_px, config.smallest_px) == (256, 256, 256)  # III-B


@pytest.mark.parametrize(
    "setting", [{"size": 32}, {"run_px": 128}, {"decay": "cosine"}, {"policy": "mixed_bfloat16"}]
)
def test_settings_within_their_ranges_are_kept(setting):
    config = ColorizerConfig(**NEEDED, **setting)
    assert {name: getattr(config, name) for name in setting} == setting


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"old_prints": 1.5}, r"old_prints 1.5 is no share\n.*: old_prints\n.*from 0 to 1"),
        ({"untold": 1.5}, r"untold 1.5 is no share\n.*: untold\n.*from 0 to 1"),
        ({"router_factor": 1.0}, r"there is only one\n.*: router_factor\n.*'universal'"),
        ({"last_stages": 1, "train_encoder": True}, r"the encoder too\n.*: last_stages\n.*leave"),
        (
            {"loss": "perceptual"},
            r"loss 'perceptual' without the network .*\n.*: perceptual_weights\n.*Lite0",
        ),
        ({"size": 0}, r"size 0 is no multiple of 32 up to 256\n.*: size\n.*32, 64 \.\. 256"),
        ({"size": 120}, "size 120 is no multiple of 32"),
        ({"size": 288}, "size 288 is no multiple of 32 up to 256"),
        ({"run_px": 250}, r"run_px 250 is no multiple of 32 up to 256\n.*: run_px"),
        ({"decay": "linear"}, r"decay 'linear'\n.*: decay\n.*constant or cosine"),
        ({"backbone": "lite0"}, r"backbone 'lite0'\n.*: backbone\n.*or efficientnet_lite0 or"),
        ({"average": 1.0}, r"momentum 1.0 never moves\n.*: average\n.*less than 1"),
        ({"policy": "float16"}, r"policy 'float16'\n.*: policy\n.*float32 or mixed_bfloat16"),
    ],
)
def test_settings_out_of_their_ranges_are_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        ColorizerConfig(**NEEDED, **setting)
