"""Classify frames, then colour each with the networks of its category (Fig. 2).

The engine knows neither files nor pages: frames come in, chrominance comes out.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError, ConfigError, Setting
from basics.names import require_name
from pipeline.engine.bundle import UNIVERSAL, Bundle, ModelEntry
from pipeline.engine.bundle_file import MEND
from pipeline.engine.calibration import calibrate
from pipeline.engine.frame import Frame
from pipeline.engine.inputs import (
    alike,
    blend,
    inputs_of,
    mean_of_views,
    predict_ab,
    rows,
    sizes_of,
)
from pipeline.engine.request import ColorRequest
from pipeline.engine.results import AnyFrame, Encoded, EncodedView, Prediction
from pipeline.engine.routing import Blend, Ranking, blend_weights, by_colorizer, fractions, rank
from pipeline.engine.session import ModelCache
from pipeline.engine.views import ONCE, View, Views, views_of

DEFAULTS = ColorRequest()


class Engine:
    """The networks of one bundle; several threads may use it at once."""

    def __init__(self, bundle: Bundle, *, device: str = "cpu", threads: int = 0) -> None:
        """Open none of them yet.

        Args:
            bundle: what was read of a bundle.json.
            device: "cuda", "coreml", "cpu" or "auto".
            threads: that share one run of a network; 0 takes all processors.
        """
        self.bundle = bundle
        self.models = ModelCache(bundle.folder, device=device, threads=threads)

    def encode(self, frames: Sequence[AnyFrame], views: Views = ONCE) -> list[Encoded[AnyFrame]]:
        """Let the router see views of frames, once; those of one size pass it together.

        Raises:
            DataError: a frame is damaged.
            CheckpointError: the router cannot be used.
        """
        seen = self._see([(frame, view) for frame in frames for view in views])
        n = len(views)
        return [self._joined(seen[first : first + n]) for first in range(0, len(seen), n)]

    def with_views(
        self, encoded: Sequence[Encoded[AnyFrame]], views: Views
    ) -> list[Encoded[AnyFrame]]:
        """The same frames in these views; the router sees only those that it has not seen.

        Raises:
            DataError: a frame is damaged.
            CheckpointError: the router cannot be used.
        """
        known = [{each.view: each for each in one.views} for one in encoded]
        if all([*have] == [*views] for have in known):
            return list(encoded)
        new = [
            (place, one.frame, view)
            for place, one in enumerate(encoded)
            for view in views
            if view not in known[place]
        ]
        seen = self._see([(frame, view) for _, frame, view in new])
        for (place, _, view), each in zip(new, seen, strict=True):
            known[place][view] = each
        return [self._joined([have[view] for view in views]) for have in known]

    def predict(
        self, encoded: Sequence[Encoded[AnyFrame]], request: ColorRequest = DEFAULTS
    ) -> list[Prediction[AnyFrame]]:
        """Predict the chrominance of frames: each network runs once for all of one size.

        Args:
            encoded: frames in any views; those that the request asks for count, and the router
                sees what it has not seen of them.
            request: how they are coloured.

        Raises:
            DataError: a frame is damaged.
            ConfigError: the bundle cannot do what is asked for.
            CheckpointError: a network of the bundle cannot be used.
        """
        self.require(request)
        encoded = self.with_views(encoded, views_of(request))
        choices = [self.choose(one.ranking, request) for one in encoded]
        found: list[dict[str, NDArray[np.float32]]] = [{} for _ in encoded]
        for entry, indices in by_colorizer(choices):
            abs_ = self.predict_by(entry, [encoded[index] for index in indices])
            for index, ab in zip(indices, abs_, strict=True):
                found[index][entry.file] = ab
        saturation = self.saturation(request)
        return [
            Prediction(
                encoded=one,
                chosen=chosen,
                ab=blend([by_file[entry.file] for entry, _ in chosen], [w for _, w in chosen]),
                saturation=saturation,
            )
            for one, chosen, by_file in zip(encoded, choices, found, strict=True)
        ]

    def predict_by(
        self, entry: ModelEntry, encoded: Sequence[Encoded[Frame]]
    ) -> list[NDArray[np.float32]]:
        """Chrominance (h, w, 2) of each frame by one colorizer: the mean of that of its views.

        Views of one size pass it together.

        Raises:
            CheckpointError: the colorizer cannot be used.
        """
        model = self.models.open(entry)
        views = [view for one in encoded for view in one.views]
        found: dict[int, NDArray[np.float32]] = {}
        for places in alike(sizes_of(entry, one) for one in views):
            inputs = inputs_of(entry, [views[place] for place in places])
            found.update(zip(places, predict_ab(inputs, model), strict=True))
        predicted = (found[place] for place in range(len(views)))
        return [mean_of_views(one.views, [next(predicted) for _ in one.views]) for one in encoded]

    def warm_up(self) -> None:
        """Open the router, so that the first frame need not wait for it.

        Raises:
            CheckpointError: it cannot be used.
        """
        self.models.open(self.bundle.router)

    def require(self, request: ColorRequest) -> None:
        """Raise `ConfigError` unless the bundle can do what is asked for."""
        self.bundle.find_mode(request.mode)
        architecture = self.architecture(request)
        self.bundle.find_colorizer(architecture, UNIVERSAL)
        if request.category is not None:
            known, where = self.categories(request), Setting("category")
            require_name(request.category, known, what="category", where=where)
        for name, given in (("hints", request.hints), ("reference", request.reference)):
            if given and name not in self.bundle.conditioning_of(architecture):
                what = f"the colorizer {architecture} takes no {name}"
                raise ConfigError(what, Setting(name), "leave it out, or take another bundle")

    def architecture(self, request: ColorRequest) -> str:
        """The name of the colorizers that a request means."""
        return request.colorizer or self.bundle.find_mode(request.mode).colorizer

    def saturation(self, request: ColorRequest) -> float:
        """The factor of the chrominance that a request means."""
        if request.saturation is not None:
            return request.saturation
        return self.bundle.find_mode(request.mode).saturation

    def categories(self, request: ColorRequest = DEFAULTS) -> list[str]:
        """What a photo can be coloured as."""
        return self.bundle.known_categories(self.architecture(request))

    def choose(self, ranking: Ranking, request: ColorRequest = DEFAULTS) -> Blend:
        """Which colorizers colour a frame, and how much each counts.

        That of the named category if there is one; else the universal one where the router is
        unsure; else those of the `top` most confident categories, as the bundle says of blends.
        """
        top = self.bundle.top if request.top is None else request.top
        if request.category is not None:
            return self.blend_of({request.category: 1.0}, request)
        if ranking[0][1] < self.bundle.fallback_threshold:
            return self.blend_of({UNIVERSAL: 1.0}, request)
        chosen = fractions(ranking, top, universal_rest=self.bundle.universal_rest)
        return self.blend_of(chosen, request)

    def blend_of(self, fractions: Mapping[str, float], request: ColorRequest = DEFAULTS) -> Blend:
        """The colorizers of some categories, the weightiest first; see `blend_weights`."""
        architecture = self.architecture(request)
        entries = {one: self.bundle.find_colorizer(architecture, one) for one in fractions}
        return blend_weights(entries, fractions)

    def _see(self, asked: Sequence[tuple[AnyFrame, View]]) -> list[EncodedView[AnyFrame]]:
        """Views of frames through the router, those of one size together."""
        px = self.bundle.router.inference_px
        seen = [view.lightness(frame, px) for frame, view in asked]
        found: dict[int, EncodedView[AnyFrame]] = {}
        for places in alike(one.shape for one in seen):
            confidences, *features = self._route(rows([seen[place][None] for place in places]))
            for row, place in enumerate(places):
                frame, view = asked[place]
                found[place] = EncodedView(
                    frame=frame,
                    view=view,
                    lightness=seen[place],
                    confidences=confidences[row],
                    features=[one[row : row + 1] for one in features],
                )
        return [found[place] for place in range(len(asked))]

    def _route(self, lightness: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """(N, h, w, 1) L*/100 -> confidences (N, categories), and the encoder's maps (N, ...)."""
        router = self.bundle.router
        confidences, *features = self.models.open(router)([lightness])
        expected = (len(lightness), len(self.bundle.categories))
        if confidences.shape != expected:
            what = f"the router gives confidences of {confidences.shape}, not {expected}"
            raise CheckpointError(what, router.file, MEND)
        return [confidences, *features]

    def _joined(self, views: Sequence[EncodedView[AnyFrame]]) -> Encoded[AnyFrame]:
        """Views of one frame, and the ranking by their mean confidences."""
        bundle = self.bundle
        mean = np.mean([one.confidences for one in views], axis=0)
        calibrated = calibrate(mean, bundle.category_weights, bundle.temperature)
        return Encoded(views=views, ranking=rank(calibrated, bundle.categories))
