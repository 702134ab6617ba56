"""Global and local features fused: the network of Iizuka, Simo-Serra and Ishikawa 2016.

A copy of the photo at 224 px tells what kind of photo it is; that is joined to every place of the
photo's own map. Another photo's global features in its place take over that one's style.
"""

import keras
from keras import layers

from training.encoders.head import GLOBAL
from training.registry import ModelSpec

STRIDE = 8  # heights and widths must be multiples of it
GLOBAL_PX = 224  # side of the copy
LOW = ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1))  # filters, stride
MID = ((512, 1), (256, 1))
GLOBAL_MAPS = ((512, 2), (512, 1), (512, 2), (512, 1))
DENSE = (1024, 512, 256)
N_FUSED = 256


def build(width: float = 1.0) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H and W multiples of 8. `width`: of all filters.

    Relu after each layer and batch normalization, as in the original.
    """

    def scaled(n: int) -> int:
        return round(n * width)

    def convolution(filters: int, stride: int) -> list[keras.Layer]:
        steps = [layers.Conv2D(scaled(filters), 3, stride, padding="same", use_bias=False)]
        return [*steps, layers.BatchNormalization(), layers.ReLU()]

    lightness = keras.Input((None, None, 1), name="lightness")
    low = [one for filters, stride in LOW for one in convolution(filters, stride)]
    shared = keras.Sequential([keras.Input((None, None, 1)), *low], name="low_level")
    local = shared(lightness)  # (N, H/8, W/8, 512)
    for filters, stride in MID:
        local = _through(convolution(filters, stride), local)
    small = layers.Resizing(GLOBAL_PX, GLOBAL_PX, dtype="float32")(lightness)
    x = shared(small)  # (N, 28, 28, 512)
    for filters, stride in GLOBAL_MAPS:
        x = _through(convolution(filters, stride), x)
    x = layers.Flatten()(x)  # (N, 7 * 7 * 512)
    for units in DENSE:
        name = GLOBAL if units == DENSE[-1] else None
        steps = [layers.Dense(scaled(units), use_bias=False), layers.BatchNormalization()]
        x = _through([*steps, layers.ReLU(name=name)], x)
    # equation 3: one matrix times the joined vector, here as the sum of its two halves' products
    everywhere = layers.Reshape((1, 1, -1))(layers.Dense(scaled(N_FUSED))(x))
    x = layers.Add()([layers.Conv2D(scaled(N_FUSED), 1, use_bias=False)(local), everywhere])
    x = layers.ReLU(name="fusion")(x)  # (N, H/8, W/8, 256)
    x = _through(convolution(128, 1), x)
    x = layers.UpSampling2D()(x)
    for _ in range(2):
        x = _through(convolution(64, 1), x)
    x = layers.UpSampling2D()(x)
    x = _through(convolution(32, 1), x)
    x = layers.Conv2D(2, 3, padding="same", activation="sigmoid", dtype="float32")(x)
    ab = layers.Rescaling(2.0, offset=-1.0, dtype="float32")(x)  # 0 .. 1 -> -1 .. 1
    ab = layers.UpSampling2D(2, interpolation="bilinear", dtype="float32", name="chrominance")(
        ab
    )  # from half the size
    return keras.Model(lightness, ab, name="fusion")


def _through(steps: list[keras.Layer], x: keras.KerasTensor) -> keras.KerasTensor:
    for step in steps:
        x = step(x)
    return x


SPEC = ModelSpec(
    name="fusion",
    build=build,
    n_params=42_188_546,
    source="Iizuka et al. 2016, Table 1",
    stride=STRIDE,
)
