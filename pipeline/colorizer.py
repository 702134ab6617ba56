"""Classify a gray photo, then colour it with the network of its category (Fig. 2)."""

import time
from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics.errors import DataError
from basics.names import require_name
from imaging.network_input import luminance_thumbnail
from imaging.photo import Photo, open_photo
from imaging.writer import require_holds, write_colored
from pipeline.engine.bundle import PRETRAINED_DIR, UNIVERSAL, Bundle, NetworkFile, read_bundle
from pipeline.engine.calibration import calibrate
from pipeline.engine.inputs import blend, predict_ab, predict_abs, with_mirror, with_mirrors
from pipeline.engine.request import Options
from pipeline.engine.results import Blend, Colored, Predicted, Seen
from pipeline.engine.routing import Ranking, blend_of, by_colorizer, rank, shares
from pipeline.engine.session import Network, Networks
from pipeline.media.pages import colorize_pages
from pipeline.media.plan import default_output

DEFAULTS = Options()


class Colorizer:
    """The networks of one bundle; each is opened once, when a photo first needs it."""

    def __init__(
        self,
        models: str | Path | Bundle = PRETRAINED_DIR,
        *,
        colorizer: str | None = None,
        mode: str | None = None,
        device: str = "cpu",
        threads: int = 0,
    ) -> None:
        """Read the bundle.

        Args:
            models: folder with a bundle.json, or what was read of one.
            colorizer: an architecture of the bundle; None takes that of the mode.
            mode: "faithful" or "vivid", as the bundle has them; None takes its default.
            device: "cuda", "coreml", "cpu" or "auto".
            threads: that share one run of a network; 0 takes all processors.

        Raises:
            CheckpointError: the bundle cannot be used.
            ConfigError: it has no such colorizer or mode.
        """
        self.bundle = models if isinstance(models, Bundle) else read_bundle(Path(models))
        chosen = self.bundle.find_mode(mode or self.bundle.mode)
        self.architecture, self.saturation = colorizer or chosen.architecture, chosen.saturation
        self.bundle.find_colorizer(self.architecture, UNIVERSAL)
        self.networks = Networks(self.bundle.folder, device=device, threads=threads)

    def in_mode(self, mode: str) -> "Colorizer":
        """The same networks in another mode.

        Raises:
            ConfigError: the bundle has no such mode.
        """
        other, chosen = copy(self), self.bundle.find_mode(mode)
        other.architecture, other.saturation = chosen.architecture, chosen.saturation
        return other

    @property
    def categories(self) -> list[str]:
        """What a photo can be coloured as."""
        return self.bundle.known_categories(self.architecture)

    def colorize(
        self,
        path: str | Path,
        output: str | Path | None = None,
        *,
        format_: str | None = None,
        options: Options = DEFAULTS,
    ) -> Colored:
        """Colour one photo and write it.

        Args:
            path: the photo, of any size, in any format that libvips reads safely.
            output: where the result goes; None gives `<stem>_color.<ext>` beside the input.
            format_: jpg, png, webp or tiff; None keeps the format of the input (or of `output`).
            options: how it is coloured and saved.

        Raises:
            DataError: the photo cannot be read, or the result not be written.
            ConfigError: unknown category.
            CheckpointError: a network of the bundle cannot be used.
        """
        target = Path(output) if output else default_output(Path(path), format_)
        seen = self.look(Path(path), target, options)
        if options.all_pages and seen.photo.is_paged:
            return self.colorize_pages(seen.photo, target, options)
        return self._finish(seen, target, options)

    def colorize_pages(self, photo: Photo, target: Path, options: Options) -> Colored:
        """Colour every page of an opened photo into one TIFF; see `pages.colorize_pages`."""

        def colorize_page(page: int, part: Path) -> Colored:
            return self._finish(self.look(photo.path, part, options, page=page), part, options)

        return colorize_pages(target, photo.n_pages, colorize_page)

    def look(self, path: Path, target: Path, options: Options, *, page: int = 0) -> Seen:
        """Open a photo and see it as the networks do; first make sure that it can be written.

        Raises:
            DataError: the photo cannot be read, or `target` not be written.
            ConfigError: unknown category.
        """
        started = time.perf_counter()
        self.require_category(options.category)
        photo = open_photo(
            path, max_pixels=options.max_pixels, page=page, tolerates=options.tolerate
        )
        require_holds(photo, target)
        if target.exists() and not options.force:
            raise DataError("the output exists already", target, "give --force to overwrite it")
        lum = luminance_thumbnail(photo, self.bundle.router.short_side)
        return Seen(photo=photo, lum=lum, seconds=time.perf_counter() - started)

    def predict(self, batch: Sequence[Seen], options: Options) -> list[Predicted]:
        """Classify photos and predict their chrominance: each network runs once for all it serves.

        Args:
            batch: photos whose miniatures have one size.
            options: how they are coloured.
        """
        started = time.perf_counter()
        rankings, features = self.classify_all([seen.lum for seen in batch])
        choices = [self.choose(ranking, options=options) for ranking in rankings]
        predictions: list[dict[str, NDArray[np.float32]]] = [{} for _ in batch]
        for file, indices in by_colorizer(choices):
            abs_ = self._predict(file, batch, features, indices)
            for index, ab in zip(indices, abs_, strict=True):
                predictions[index][file.file] = ab
        share = (time.perf_counter() - started) / len(batch)
        return [
            Predicted(
                seen=seen,
                ranking=ranking,
                chosen=chosen,
                ab=self.mix(
                    [by_file[file.file] for file, _ in chosen],
                    [weight for _, weight in chosen],
                    options.saturation,
                ),
                seconds=seen.seconds + share,
            )
            for seen, ranking, chosen, by_file in zip(
                batch, rankings, choices, predictions, strict=True
            )
        ]

    def write(self, predicted: Predicted, target: Path, options: Options) -> Colored:
        """Write a photo at full size in its predicted colours.

        Raises:
            DataError: the photo is damaged, or the result cannot be written.
        """
        started = time.perf_counter()
        photo, ranking = predicted.seen.photo, predicted.ranking
        write_colored(photo, predicted.ab, target, lum=predicted.seen.lum, saving=options.saving)
        best = options.category or ranking[0][0]
        return Colored(
            input=photo.path,
            output=target,
            category=best,
            confidence=dict(ranking).get(best),
            ranking=ranking,
            width=photo.width,
            height=photo.height,
            seconds=round(predicted.seconds + time.perf_counter() - started, 3),
            colorizer="+".join(
                f"{file.architecture}/{file.category}" for file, _ in predicted.chosen
            ),
        )

    def require_category(self, category: str | None) -> None:
        """Raise `ConfigError` unless the bundle knows the category; None is fine."""
        if category is not None:
            require_name(category, self.categories, what="category", where="--category")

    def classify(self, lum: NDArray[np.float32]) -> tuple[Ranking, list[NDArray[np.float32]]]:
        """(h, w, 1) lum at the router's size -> ranking, the encoder's feature maps."""
        (ranking,), features = self.classify_all([lum])
        return ranking, features

    def classify_all(
        self, lums: Sequence[NDArray[np.float32]]
    ) -> tuple[list[Ranking], list[NDArray[np.float32]]]:
        """N (h, w, 1) lum of one size -> their rankings, the encoder's feature maps (2 N, ...)."""
        bundle = self.bundle
        confidences, *features = self.network(bundle.router)([with_mirrors(lums)])
        means = (confidences[0::2] + confidences[1::2]) / 2
        calibrated = calibrate(means, bundle.category_weights, bundle.temperature)
        return [rank(one, bundle.categories) for one in calibrated], features

    def choose(self, ranking: Ranking, *, options: Options = DEFAULTS) -> Blend:
        """Which colorizers colour the photo, and how much each counts.

        That of the named category if there is one; else the universal one where the router is
        unsure; else those of the `top` most confident categories, as the bundle says of blends.
        """
        top = self.bundle.top if options.top is None else options.top
        if options.category is not None:
            return self.blend_of({options.category: 1.0})
        if ranking[0][1] < self.bundle.unsure_below:
            return self.blend_of({UNIVERSAL: 1.0})
        return self.blend_of(shares(ranking, top, universal_rest=self.bundle.universal_rest))

    def blend_of(self, shares: Mapping[str, float]) -> Blend:
        """The colorizers of some categories, the weightiest first; see `blending.blend_of`."""
        files = {one: self.bundle.find_colorizer(self.architecture, one) for one in shares}
        return blend_of(files, shares)

    def mix(
        self,
        predictions: Sequence[NDArray[np.float32]],
        weights: Sequence[float],
        saturation: float | None = None,
    ) -> NDArray[np.float32]:
        """Blend several (h, w, 2) ab, as colourful as the mode, or the caller, wants them."""
        factor = self.saturation if saturation is None else saturation
        return np.clip(factor * blend(predictions, weights), -1, 1)

    def network(self, file: NetworkFile) -> Network:
        """Open a file of the bundle, or give the one that is open.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        return self.networks.open(file)

    def _finish(self, seen: Seen, target: Path, options: Options) -> Colored:
        """Predict and write one photo."""
        (predicted,) = self.predict([seen], options)
        return self.write(predicted, target, options)

    def _predict(
        self,
        file: NetworkFile,
        batch: Sequence[Seen],
        features: Sequence[NDArray[np.float32]],
        indices: Sequence[int],
    ) -> Sequence[NDArray[np.float32]]:
        """Chrominance (h, w, 2) of some photos of a batch by one colorizer.

        It takes the shared features, or the photos themselves, at its own size.
        """
        network = self.network(file)
        if file.shares_encoder:
            rows = [row for index in indices for row in (2 * index, 2 * index + 1)]
            return list(predict_abs([one[rows] for one in features], network))
        lums = [luminance_thumbnail(batch[index].photo, file.short_side) for index in indices]
        return [predict_ab([with_mirror(lum)], network) for lum in lums]
