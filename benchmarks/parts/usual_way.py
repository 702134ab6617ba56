"""The usual way to colour a photo: python -m benchmarks.parts.usual_way PHOTO.jpg OUT.jpg

Pillow reads, resizes and writes, scikit-image converts to CIELAB and back, everything at full size
in memory, and a training framework runs the network:

--network keras: the router and the universal colorizer of `pretrained/training/`, as
    `keras.models.load_model` gives them, in float32 and called directly: faster, for one photo,
    than as they were trained (mixed bfloat16) and by `predict`. The photo passes once, without
    its mirror image;
--network torch: a network like that of Zhang, Isola & Efros, "Colorful Image Colorization", ECCV
    2016, random weights: for its speed only. It has no router.

Nothing of the project is imported but its scales.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import lab2rgb, rgb2lab

from imaging.lab import AB_SCALE, L_SCALE

if TYPE_CHECKING:
    import keras
    import torch

SHORT_SIDE_PX = 256
STRIDE_PX = 32  # sides are multiples of it
QUALITY = 95  # of the JPEG, 4:4:4 as ours
STAGES = (  # filters, convolutions, stride of the last one, dilation: conv1 to conv7 of the paper
    *((64, 2, 2, 1), (128, 2, 2, 1), (256, 3, 2, 1), (512, 3, 1, 1)),
    *((512, 3, 1, 2), (512, 3, 1, 2), (512, 3, 1, 1)),
)
COLOURS = 313  # bins of ab
TEMPERATURE = 0.38  # of the annealed mean

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # (1, h, w, 1) lum -> (h, w, 2) ab


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("output", type=Path, help="a JPEG")
    parser.add_argument("--network", choices=("keras", "torch"), default="keras")
    args = parser.parse_args(argv)
    photo = Image.open(args.photo).convert("RGB")
    run = run_keras if args.network == "keras" else run_torch
    join(photo, run(small_lum(photo))).save(args.output, quality=QUALITY, subsampling=0)
    return 0


def small_lum(photo: Image.Image) -> NDArray[np.float32]:
    """(1, h, w, 1) lum of the photo, 256 px on its short side."""
    scale = SHORT_SIDE_PX / min(photo.size)
    width, height = (round(side * scale / STRIDE_PX) * STRIDE_PX for side in photo.size)
    small = photo.resize((width, height), Image.Resampling.LANCZOS)
    lum = rgb2lab(np.asarray(small))[None, ..., :1] / L_SCALE
    return lum.astype(np.float32)


def join(photo: Image.Image, ab: NDArray[np.float32]) -> Image.Image:
    """The photo at its own size in the colours of a small (h, w, 2) ab."""
    lab = rgb2lab(np.asarray(photo))
    for index in range(2):
        channel = Image.fromarray(np.ascontiguousarray(ab[..., index]))
        large = channel.resize(photo.size, Image.Resampling.BICUBIC)
        lab[..., 1 + index] = np.asarray(large) * AB_SCALE
    return Image.fromarray(np.rint(lab2rgb(lab) * 255).astype(np.uint8))


def run_keras(lum: NDArray[np.float32]) -> NDArray[np.float32]:
    """Classify a photo, then predict its (h, w, 2) ab, by the Keras networks that are shipped."""
    import keras

    from pipeline.engine.bundle import PRETRAINED_DIR, ROUTER, UNIVERSAL
    from pipeline.engine.bundle_file import read_bundle
    from release.starting_weights import open_start

    bundle = read_bundle(PRETRAINED_DIR)
    kinds = ((bundle.router.architecture, ROUTER), (bundle.default, UNIVERSAL))
    router, colorizer = (open_start(bundle, bundle.find_initial(*kind)) for kind in kinds)
    for network in (router, colorizer):
        compute_in_float32(network)
    keras.ops.convert_to_numpy(router(lum, training=False))
    return keras.ops.convert_to_numpy(colorizer(lum, training=False))[0]


def compute_in_float32(network: "keras.Model") -> None:
    """Let each layer of a network compute in float32, whatever it was trained in."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.Model):
            compute_in_float32(layer)
        else:
            layer.dtype_policy = "float32"


def run_torch(lum: NDArray[np.float32]) -> NDArray[np.float32]:
    """Predict (h, w, 2) ab by an untrained network of 2016's size (its section 2.3)."""
    import torch

    network = build_torch().eval()
    with torch.inference_mode():
        scores = network(torch.from_numpy(lum).permute(0, 3, 1, 2))
        shares = torch.softmax(scores / TEMPERATURE, dim=1)
        ab = torch.einsum("nchw,cd->ndhw", shares, torch.rand(COLOURS, 2) - 0.5)
        large = torch.nn.functional.interpolate(ab, size=lum.shape[1:3], mode="bilinear")
    return large[0].permute(1, 2, 0).numpy()


def build_torch() -> "torch.nn.Sequential":
    """(N, 1, H, W) lum -> (N, 313, H/4, W/4) scores of colours; H and W multiples of 8.

    Source: Zhang, Isola & Efros 2016, Fig. 2; 32 million weights.
    """
    from torch import nn

    layers: list[nn.Module] = []
    before = 1
    for filters, convolutions, stride, dilation in STAGES:
        for number in range(convolutions):
            step = stride if number == convolutions - 1 else 1
            layers += [nn.Conv2d(before, filters, 3, step, dilation, dilation), nn.ReLU()]
            before = filters
        layers.append(nn.BatchNorm2d(filters))  # at last (N, 512, H/8, W/8)
    layers += [nn.ConvTranspose2d(before, 256, 4, 2, 1), nn.ReLU()]  # conv8: (N, 256, H/4, W/4)
    for _ in range(2):
        layers += [nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(256, COLOURS, 1))


if __name__ == "__main__":
    raise SystemExit(main())
