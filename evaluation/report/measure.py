"""One photo, measured in every way that the report tells of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.encoded import EncodedPhoto, encode_photo, gray_rgb, predicted_ab
from evaluation.harness import TRUTH, PackedPhoto, Tints
from evaluation.metrics import psnr_db, score
from evaluation.report.hues import hue_hits
from evaluation.report.prints import TREATMENTS
from imaging.lab import join_lab, split_lab
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import FAITHFUL, UNIVERSAL, VIVID
from pipeline.engine.inputs import blend
from pipeline.engine.request import ColorRequest
from pipeline.engine.results import saturated
from pipeline.engine.routing import Blend

GRAY, ROUTED = "gray", "routed"
CONSTANT_TINT = "one constant tint of all photos"
CATEGORY_TINT = "mean tint of the true category"
UNIVERSAL_ALONE = "universal"
BEST_ALONE = "best category alone"
MEAN_OF_ALL = "mean of all decoders"
TRUE_CATEGORY = "true category"
METHODS = (
    GRAY, CONSTANT_TINT, CATEGORY_TINT, UNIVERSAL_ALONE, BEST_ALONE, MEAN_OF_ALL, TRUE_CATEGORY,
    ROUTED,
)  # fmt: skip

Features = Callable[[NDArray[np.uint8]], list[NDArray[np.float32]]]  # sRGB -> (N, C) of each map


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """With what photos are measured.

    Attributes:
        colorizer: of the bundle.
        tints: of the training photos.
        features: what the judge sees; None leaves the judge out.
        reference: of another bundle, with whose router this one's is compared; None for none.
    """

    colorizer: Colorizer
    tints: Tints
    features: Features | None = None
    reference: Colorizer | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PhotoFigures:
    """What was measured on one photo.

    Attributes:
        category: its own.
        scores: method or mode -> psnr_db, ssim, colorfulness.
        prints_db: treatment -> PSNR of ab predicted from the treated photo, at the true lightness.
        near_px, seen_px: (sectors,) pixels about the true hue, of those that have one.
        ranking: category -> the router's confidence.
        reference: the best category of the other router; None without one.
        features: (versions, C) of each map, of the truth and then of each mode; None without a
            judge.
    """

    category: str
    scores: Mapping[str, Mapping[str, float]]
    prints_db: Mapping[str, float]
    near_px: NDArray[np.int64]
    seen_px: NDArray[np.int64]
    ranking: Mapping[str, float]
    reference: str | None
    features: list[NDArray[np.float32]] | None


def modes_of(colorizer: Colorizer) -> tuple[str, ...]:
    """The modes that are measured: faithful, and vivid if the bundle has it."""
    return (FAITHFUL, VIVID) if VIVID in colorizer.bundle.modes else (FAITHFUL,)


def measure(use: Instruments, packed: PackedPhoto, photo: EncodedPhoto) -> PhotoFigures:
    """Colour one photo in every way, and as an old print of every kind."""
    decoders = _Decoders(use.colorizer, photo)
    _, true_ab = split_lab(photo.rgb)
    modes = {mode: decoders.routed(ColorRequest(mode=mode)) for mode in modes_of(use.colorizer)}
    near_px, seen_px = hue_hits(modes[FAITHFUL], true_ab)
    colored = _baselines(photo, use.tints, packed.category)
    for method, ab in {**_ways(decoders, packed.category), **modes}.items():
        colored[method] = join_lab(photo.lightness, ab)
    shown = np.stack([photo.rgb, *(colored[mode] for mode in modes)])
    reference = use.reference.encode(photo.rgb).ranking[0][0] if use.reference else None
    return PhotoFigures(
        category=packed.category,
        scores={name: score(rgb, photo.rgb) for name, rgb in {**colored, TRUTH: photo.rgb}.items()},
        prints_db=prints_db(use.colorizer, photo, seed=packed.index),
        near_px=near_px,
        seen_px=seen_px,
        ranking=dict(photo.ranking),
        reference=reference,
        features=use.features(shown) if use.features else None,
    )


def prints_db(colorizer: Colorizer, photo: EncodedPhoto, *, seed: int) -> dict[str, float]:
    """PSNR in dB of the colours that each treatment leaves, joined with the true lightness.

    A treated photo passes router and colorizers by itself, and is stretched as a faded one is.
    """
    found = {}
    for name, treat in TREATMENTS.items():
        treated = encode_photo(colorizer, treat(photo.rgb, seed))
        ab = _Decoders(colorizer, treated).routed(colorizer.defaults)
        found[name] = psnr_db(join_lab(photo.lightness, ab), photo.rgb)
    return found


class _Decoders:
    """The colorizers on one photo; each runs once."""

    def __init__(self, colorizer: Colorizer, photo: EncodedPhoto) -> None:
        self.colorizer, self.photo = colorizer, photo
        self.found: dict[str, NDArray[np.float32]] = {}

    def routed(self, request: ColorRequest) -> NDArray[np.float32]:
        """(H, W, 2) ab as `pipeline.colorize` would colour it."""
        return self.ab(self.colorizer.engine.choose(self.photo.ranking, request), request)

    def of(self, fractions: Mapping[str, float]) -> NDArray[np.float32]:
        """(H, W, 2) ab by some categories' colorizers, as colourful as the default mode."""
        defaults = self.colorizer.defaults
        return self.ab(self.colorizer.engine.blend_of(fractions, defaults), defaults)

    def ab(self, chosen: Blend, request: ColorRequest) -> NDArray[np.float32]:
        """(H, W, 2) ab of a blend."""
        for entry, _ in chosen:
            if entry.file not in self.found:
                self.found[entry.file] = predicted_ab(self.colorizer, self.photo, entry)
        ab = blend([self.found[entry.file] for entry, _ in chosen], [w for _, w in chosen])
        return saturated(ab, self.colorizer.engine.saturation(request))


def _ways(decoders: _Decoders, category: str) -> dict[str, NDArray[np.float32]]:
    """Method -> (H, W, 2) ab of the default road and of what it is compared with."""
    colorizer = decoders.colorizer
    return {
        UNIVERSAL_ALONE: decoders.of({UNIVERSAL: 1.0}),
        BEST_ALONE: decoders.of({decoders.photo.ranking[0][0]: 1.0}),
        MEAN_OF_ALL: decoders.of(dict.fromkeys(colorizer.bundle.categories, 1.0)),
        TRUE_CATEGORY: decoders.of({category: 1.0}),
        ROUTED: decoders.routed(colorizer.defaults),
    }


def _baselines(photo: EncodedPhoto, tints: Tints, category: str) -> dict[str, NDArray[np.uint8]]:
    """Method -> (H, W, 3) uint8 sRGB of what needs no network."""
    flat = np.ones((*photo.rgb.shape[:2], 2))
    return {
        GRAY: gray_rgb(photo),
        CONSTANT_TINT: join_lab(photo.lightness, flat * tints.overall),
        CATEGORY_TINT: join_lab(photo.lightness, flat * tints.by_category[category]),
    }
