"""The network of Zhang, Isola and Efros 2016: a softmax over 313 bins of colour at each place.

Layers bear the names of the released Caffe file, so that `release.import_weights` finds them. Each
block ends with a batch normalization without scale or shift, as Caffe's is.
"""

import keras
from keras import layers

from colorizers.color_classes import LOGITS, ZHANG
from colorizers.models.class_encoder import TEMPERATURE, annealed_mean
from imaging.lab import L_SCALE
from training.registry import CLASSES, ModelSpec

STRIDE = 8  # heights and widths must be multiples of it
SMALLER = 4  # times that the distribution is smaller than the photo
RELEASED_SHARPNESS = 2.606  # of the released weights: 1 / T, of the layer conv8_313_rh
BLOCKS = (  # name of the block, then (filters, stride) of its convolutions, dilation
    ("conv1", ((64, 1), (64, 2)), 1),
    ("conv2", ((128, 1), (128, 2)), 1),
    ("conv3", ((256, 1), (256, 1), (256, 2)), 1),
    ("conv4", ((512, 1), (512, 1), (512, 1)), 1),
    ("conv5", ((512, 1), (512, 1), (512, 1)), 2),
    ("conv6", ((512, 1), (512, 1), (512, 1)), 2),
    ("conv7", ((512, 1), (512, 1), (512, 1)), 1),
)
UPWARDS = 256  # filters of block 8, after the deconvolution


def build(
    width: float = 1.0, sharpness: float = 1 / TEMPERATURE, *, affine: bool = False
) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H and W multiples of 8.

    Args:
        width: factor of all filters; 1 is the paper's network.
        sharpness: factor of the logits before the softmax, of whose distribution the mean is taken.
        affine: whether batch normalization scales and shifts, as in the authors' PyTorch network.
    """
    lightness = keras.Input((None, None, 1), name="lightness")
    x = layers.Rescaling(L_SCALE, offset=-L_SCALE / 2)(lightness)  # L* less 50
    for block, convolutions, dilation in BLOCKS:
        for number, (filters, stride) in enumerate(convolutions, start=1):
            name = (
                f"bw_{block}_{number}" if (block, number) == ("conv1", 1) else f"{block}_{number}"
            )
            x = _convolution(x, round(filters * width), stride, dilation, name)
        # as Caffe does; the moving averages of a network that learns here are Keras'
        x = layers.BatchNormalization(
            center=affine, scale=affine, epsilon=1e-5, name=f"{block}_{len(convolutions)}norm"
        )(x)
    filters = round(UPWARDS * width)
    x = layers.Conv2DTranspose(filters, 4, 2, padding="same", activation="relu", name="conv8_1")(
        x
    )  # (N, H/4, W/4, 256)
    for number in (2, 3):
        x = _convolution(x, filters, 1, 1, f"conv8_{number}")
    x = layers.Conv2D(len(ZHANG.colours), 1, dtype="float32", name=LOGITS)(x)  # conv8_313
    ab = annealed_mean(x, ZHANG.colours, sharpness, ("conv8_313_rh", "class8_ab"))
    ab = layers.UpSampling2D(
        SMALLER, interpolation="bilinear", dtype="float32", name="chrominance"
    )(ab)
    return keras.Model(lightness, ab, name="zhang2016")


def _convolution(
    x: keras.KerasTensor, filters: int, stride: int, dilation: int, name: str
) -> keras.KerasTensor:
    """3 x 3 with relu. Caffe pads both sides alike; Keras would not, at stride 2."""
    if stride > 1:
        x = layers.ZeroPadding2D(1)(x)
    padding = "valid" if stride > 1 else "same"
    return layers.Conv2D(
        filters, 3, stride, padding=padding, dilation_rate=dilation, activation="relu", name=name
    )(x)


SPEC = ModelSpec(
    name="zhang2016",
    build=build,
    n_params=32_236_011,
    source="Zhang et al. 2016, with the released file's layers",
    task=CLASSES,
    stride=STRIDE,
)
