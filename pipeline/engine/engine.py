"""Classify frames, then colour each with the networks of its category (Fig. 2).

The engine knows neither files nor pages: frames come in, chrominance comes out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError, ConfigError, Setting
from basics.names import require_name
from pipeline.engine.bundle import UNIVERSAL, Bundle, ModelEntry
from pipeline.engine.bundle_file import MEND
from pipeline.engine.calibration import calibrate
from pipeline.engine.frame import Frame
from pipeline.engine.inputs import blend, inputs_of, predict_ab, sizes_of, with_mirrors
from pipeline.engine.request import ColorRequest
from pipeline.engine.results import AnyFrame, Encoded, Prediction
from pipeline.engine.routing import Blend, Ranking, blend_weights, by_colorizer, fractions, rank
from pipeline.engine.session import ModelCache

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

    def encode(self, frames: Sequence[AnyFrame]) -> list[Encoded[AnyFrame]]:
        """Let the router see frames, once; those of one size pass it together.

        Raises:
            DataError: a frame is damaged.
            CheckpointError: the router cannot be used.
        """
        seen = [frame.seen(self.bundle.router.inference_px) for frame in frames]
        groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, lightness in enumerate(seen):
            groups[lightness.shape].append(index)
        encoded: dict[int, Encoded[AnyFrame]] = {}
        for indices in groups.values():
            rankings, features = self._classify([seen[index] for index in indices])
            for place, index in enumerate(indices):
                encoded[index] = Encoded(
                    frame=frames[index],
                    lightness=seen[index],
                    ranking=rankings[place],
                    features=[one[2 * place : 2 * place + 2] for one in features],
                )
        return [encoded[index] for index in range(len(frames))]

    def predict(
        self, encoded: Sequence[Encoded[AnyFrame]], request: ColorRequest = DEFAULTS
    ) -> list[Prediction[AnyFrame]]:
        """Predict the chrominance of frames: each network runs once for all of one size.

        Raises:
            ConfigError: the bundle cannot do what is asked for.
            CheckpointError: a network of the bundle cannot be used.
        """
        self.require(request)
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
        """Chrominance (h, w, 2) of each frame by one colorizer, those of one size together.

        Raises:
            CheckpointError: the colorizer cannot be used.
        """
        model = self.models.open(entry)
        groups: dict[tuple[tuple[int, ...], ...], list[int]] = defaultdict(list)
        for index, one in enumerate(encoded):
            groups[sizes_of(entry, one)].append(index)
        found: dict[int, NDArray[np.float32]] = {}
        for indices in groups.values():
            inputs = inputs_of(entry, [encoded[index] for index in indices])
            found.update(zip(indices, predict_ab(inputs, model), strict=True))
        return [found[index] for index in range(len(encoded))]

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

    def _classify(
        self, images: Sequence[NDArray[np.float32]]
    ) -> tuple[list[Ranking], list[NDArray[np.float32]]]:
        """N (h, w, 1) L*/100 of one size -> their rankings, the encoder's maps (2 N, ...)."""
        bundle = self.bundle
        confidences, *features = self.models.open(bundle.router)([with_mirrors(images)])
        expected = (2 * len(images), len(bundle.categories))
        if confidences.shape != expected:
            what = f"the router gives confidences of {confidences.shape}, not {expected}"
            raise CheckpointError(what, bundle.router.file, MEND)
        means = (confidences[0::2] + confidences[1::2]) / 2
        calibrated = calibrate(means, bundle.category_weights, bundle.temperature)
        return [rank(one, bundle.categories) for one in calibrated], features
