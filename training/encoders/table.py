"""ENCODERS, the table of networks that turn lightness into feature maps.

It is made when it is first asked for: commands list `NAMES` without importing Keras.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

    ENCODERS: dict[str, "EncoderSpec"]

NAMES = ("mobilenet_v2", "efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2", "vgg16")
USUAL = "mobilenet_v2"
STRIDE = 32  # of all: heights and widths must be multiples of it


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """An encoder: five feature maps, at H/2 to H/32, of (N, H, W, 1) lightness.

    Attributes:
        name: that of the classifier's backbone on it, too.
        build: makes it, of a factor of all filters and at most so many blocks in each stage.
        load_weights: starts it from ImageNet weights, of a path (or "imagenet", if Keras has them).
        n_params: parameters of the built network; a test compares.
        source: paper and table.
    """

    name: str
    build: "Callable[..., keras.Model]"
    load_weights: "Callable[[keras.Model, str], None]"
    n_params: int
    source: str


def _specs() -> list[EncoderSpec]:
    from training.encoders import efficientnet_lite as lite
    from training.encoders import mobilenet_v2, vgg16

    usual = EncoderSpec(
        name=USUAL,
        build=mobilenet_v2.build_encoder,
        load_weights=mobilenet_v2.load_encoder_weights,
        n_params=2_206_816,
        source="Sandler et al. 2018, Table 2",
    )
    sizes = {"lite0": 3_350_000, "lite1": 4_108_848, "lite2": 4_782_024}
    summing = EncoderSpec(
        name="vgg16",
        build=vgg16.build_encoder,
        load_weights=vgg16.load_encoder_weights,
        n_params=14_714_688,
        source="Simonyan & Zisserman 2014, configuration D",
    )
    return [
        usual,
        summing,
        *(
            EncoderSpec(
                name=f"efficientnet_{variant}",
                build=partial(lite.build_encoder, variant=variant),
                load_weights=partial(lite.load_encoder_weights, variant=variant),
                n_params=n_params,
                source="Tan & Le 2019, Table 1, without squeeze-and-excitation",
            )
            for variant, n_params in sizes.items()
        ),
    ]


def __getattr__(name: str) -> Any:
    if name != "ENCODERS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = {spec.name: spec for spec in _specs()}
    globals()[name] = {one: found[one] for one in NAMES}
    return globals()[name]
