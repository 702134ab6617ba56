"""ARCHITECTURES, the table of networks that can colour.

It is made when it is first asked for: commands list `NAMES` without importing Keras.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.registry import ModelSpec

    ARCHITECTURES: dict[str, ModelSpec]

NAMES = (
    "encoder_decoder", "shared_encoder", "global_encoder", "class_encoder",
    "class_quarter_encoder", "attention_encoder", "wide_encoder", "quarter_encoder",
    "film_encoder", "film_quarter_encoder", "film_class_quarter_encoder", "zhang2016",
    "fusion", "vgg16_regression", "vgg16_bins", "koalarization",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name != "ARCHITECTURES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from colorizers.models import (
        attention_encoder,
        class_encoder,
        class_quarter_encoder,
        encoder_decoder,
        film_class_quarter_encoder,
        film_encoder,
        film_quarter_encoder,
        fusion,
        global_encoder,
        koalarization,
        quarter_encoder,
        shared_encoder,
        vgg16_bins,
        vgg16_regression,
        wide_encoder,
        zhang2016,
    )
    from training.registry import index

    models = (
        encoder_decoder, shared_encoder, global_encoder, class_encoder,
        class_quarter_encoder, attention_encoder, wide_encoder, quarter_encoder,
        film_encoder, film_quarter_encoder, film_class_quarter_encoder, zhang2016,
        fusion, vgg16_regression, vgg16_bins, koalarization,
    )  # fmt: skip
    globals()[name] = index(NAMES, [one.SPEC for one in models])
    return globals()[name]
