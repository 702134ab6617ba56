"""BACKBONES, the table of networks that can classify.

It is made when it is first asked for: commands list `NAMES` without importing Keras.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.backbones.backbone import Backbone

    BACKBONES: dict[str, Backbone]

NAMES = (
    "vgg19", "resnet50", "inception_v3", "mobilenet_v2", "efficientnet_lite0", "efficientnet_lite2"
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name != "BACKBONES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from classifier.backbones import (
        efficientnet_lite0,
        efficientnet_lite2,
        inception_v3,
        mobilenet_v2,
        resnet50,
        vgg19,
    )
    from training.registry import index

    models = (vgg19, resnet50, inception_v3, mobilenet_v2, efficientnet_lite0, efficientnet_lite2)
    globals()[name] = index(NAMES, [one.SPEC for one in models])
    return globals()[name]
