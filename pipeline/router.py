"""Classify a gray photo, then colour it with the network of its category (Fig. 2)."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.calibration import calibrate
from classifier.predict import Ranking, rank
from colorizers.predict import blend, predict_ab, with_mirror
from pipeline.bundle import PRETRAINED_DIR, UNIVERSAL, Bundle, NetworkFile, read_bundle
from pipeline.network import Network
from pipeline.outputs import default_output
from preprocessing.categories import require_category
from preprocessing.errors import ConfigError, DataError
from preprocessing.photo import Photo, luminance_thumbnail, open_photo
from preprocessing.recolor import write_colored

log = logging.getLogger(__name__)

NEGLIGIBLE = 0.01  # share of a blend that no eye would miss

Blend = list[tuple[NetworkFile, float]]  # colorizers with weights that sum to 1


@dataclass(frozen=True, kw_only=True)
class Colored:
    """One coloured photo, and how it came about.

    Attributes:
        input, output: paths.
        category: the most confident one, or the one that the caller named.
        confidence: the router's for that category, 0 to 1; None if it does not know it.
        ranking: (category, confidence) of all that the router knows, most confident first.
        width, height: px, of input and output alike.
        seconds: wall time.
        colorizer: what coloured it, such as "shared_encoder/beach"; of a blend all, joined by
            "+", the weightiest first.
    """

    input: Path
    output: Path
    category: str
    confidence: float | None
    ranking: Ranking
    width: int
    height: int
    seconds: float
    colorizer: str


class Colorizer:
    """The networks of one bundle; each is opened once, when a photo first needs it."""

    def __init__(
        self,
        models: str | Path | Bundle = PRETRAINED_DIR,
        *,
        colorizer: str | None = None,
        mode: str | None = None,
    ) -> None:
        """Read the bundle.

        Args:
            models: folder with a bundle.json, or what was read of one.
            colorizer: an architecture of the bundle; None takes that of the mode.
            mode: "faithful" or "vivid", as the bundle has them; None takes its default.

        Raises:
            CheckpointError: the bundle cannot be used.
            ConfigError: it has no such colorizer or mode.
        """
        self.bundle = models if isinstance(models, Bundle) else read_bundle(Path(models))
        chosen = self.bundle.find_mode(mode or self.bundle.mode)
        self.architecture, self.saturation = colorizer or chosen.architecture, chosen.saturation
        self.bundle.find_colorizer(self.architecture, UNIVERSAL)
        self._opened: dict[str, Network] = {}

    def colorize(
        self,
        path: str | Path,
        output: str | Path | None = None,
        *,
        category: str | None = None,
        top: int | None = None,
        format_: str | None = None,
        force: bool = False,
    ) -> Colored:
        """Colour one photo and write it.

        Args:
            path: the photo, of any size, in any format that libvips reads safely.
            output: where the result goes; None gives `<stem>_color.<ext>` beside the input.
            category: colour it as this category, whatever the router says.
            top: blend the colorizers of this many categories, weighted by confidence; None takes
                the bundle's number.
            format_: jpg, png, webp or tiff; None keeps the format of the input (or of `output`).
            force: overwrite `output` if it exists.

        Raises:
            DataError: the photo cannot be read, or the result not be written.
            ConfigError: unknown category.
            CheckpointError: a network of the bundle cannot be used.
        """
        started = time.perf_counter()
        if category is not None:
            known = self.bundle.known_categories(self.architecture)
            require_category(category, known, where="--category")
        photo = open_photo(Path(path))
        target = Path(output) if output else default_output(Path(path), format_)
        if target.exists() and not force:
            raise DataError("the output exists already", target, "give --force to overwrite it")
        lum = luminance_thumbnail(photo, self.bundle.router.short_side)
        ranking, features = self.classify(lum)
        chosen = self.choose(ranking, category=category, top=top)
        predictions = [self._predict(file, photo, features) for file, _ in chosen]
        write_colored(photo, self.mix(predictions, [weight for _, weight in chosen]), target)
        best = category or ranking[0][0]
        return Colored(
            input=Path(path),
            output=target,
            category=best,
            confidence=dict(ranking).get(best),
            ranking=ranking,
            width=photo.width,
            height=photo.height,
            seconds=round(time.perf_counter() - started, 3),
            colorizer="+".join(f"{file.architecture}/{file.category}" for file, _ in chosen),
        )

    def classify(self, lum: NDArray[np.float32]) -> tuple[Ranking, list[NDArray[np.float32]]]:
        """(h, w, 1) lum at the router's size -> ranking, the encoder's feature maps."""
        bundle = self.bundle
        confidences, *features = self.network(bundle.router)([with_mirror(lum)])
        mean = confidences.mean(axis=0)
        calibrated = calibrate(mean, bundle.category_weights, bundle.temperature)
        return rank(calibrated, bundle.categories), features

    def choose(
        self, ranking: Ranking, *, category: str | None = None, top: int | None = None
    ) -> Blend:
        """Which colorizers colour the photo, and how much each counts.

        That of the named category if there is one; else the universal one where the router is
        unsure; else those of the `top` most confident categories, as the bundle says of blends.
        """
        top = self.bundle.top if top is None else top
        if top < 1:
            raise ConfigError(f"top {top}", "--top", "give 1 or more")
        if category is not None:
            return self.blend_of({category: 1.0})
        if ranking[0][1] < self.bundle.unsure_below:
            return self.blend_of({UNIVERSAL: 1.0})
        return self.blend_of(shares(ranking, top, universal_rest=self.bundle.universal_rest))

    def blend_of(self, shares: Mapping[str, float]) -> Blend:
        """The colorizers of some categories, the weightiest first; the weights sum to 1.

        Categories that share a colorizer count as one. One below 1 % of the whole is left out: to
        open it takes longer than its share is worth.
        """
        files: dict[str, tuple[NetworkFile, float]] = {}
        for category, share in shares.items():
            file = self.bundle.find_colorizer(self.architecture, category)
            _, weight = files.get(file.file, (file, 0.0))
            files[file.file] = file, weight + share
        least = NEGLIGIBLE * sum(shares.values())
        kept = [(file, weight) for file, weight in files.values() if weight >= least]
        total = sum(weight for _, weight in kept)
        return [(file, weight / total) for file, weight in sorted(kept, key=lambda one: -one[1])]

    def mix(
        self, predictions: Sequence[NDArray[np.float32]], weights: Sequence[float]
    ) -> NDArray[np.float32]:
        """Blend several (h, w, 2) ab, as colourful as the mode wants them."""
        return np.clip(self.saturation * blend(predictions, weights), -1, 1)

    def network(self, file: NetworkFile) -> Network:
        """Open a file of the bundle, or give the one that is open.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        if file.file not in self._opened:
            self._opened[file.file] = Network(self.bundle.folder, file)
        return self._opened[file.file]

    def _predict(
        self, file: NetworkFile, photo: Photo, features: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Chrominance (h, w, 2) by one colorizer, from the shared features or the photo itself."""
        own = (
            []
            if file.shares_encoder
            else [with_mirror(luminance_thumbnail(photo, file.short_side))]
        )
        return predict_ab(own or features, self.network(file))


def shares(ranking: Ranking, top: int, *, universal_rest: bool) -> dict[str, float]:
    """The `top` most confident categories with their confidences.

    With `universal_rest` the universal colorizer takes what they leave of 1.
    """
    best = dict(ranking[:top])
    rest = max(0.0, 1 - sum(best.values()))
    return {**best, UNIVERSAL: rest} if universal_rest else best
