"""The shipped models: what each file of a bundle is, and which one is wanted.

`bundle_file.py` reads and writes bundle.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from basics.errors import CheckpointError, Setting
from basics.names import require_name

UNIVERSAL = "universal"  # the colorizer for all categories
FAITHFUL, VIVID = "faithful", "vivid"  # modes: near to the original, or as colourful
ROUTER = "all"  # what stands for a category where the router is described
FEATURES, LIGHTNESS = "features", "lightness"  # what a colorizer takes; see `inputs.INPUTS`
AB = "ab"  # what a colorizer gives
PACKAGED_DIR = Path(__file__).parents[1] / "pretrained"  # where a wheel has it; no clone does
PRETRAINED_DIR = PACKAGED_DIR if PACKAGED_DIR.is_dir() else Path(__file__).parents[2] / "pretrained"


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One model of the bundle.

    Attributes:
        file: path below the bundle's folder.
        sha256: hex digest of its bytes.
        architecture: a name of the tables of architectures.
        category: what it colours, "universal", or "all" for the router.
        precision: "int8" or "float32".
        inference_px: short side of the photo at which it is run.
        stride: sides in px of what it takes are multiples of it.
        inputs: what it takes, in the order of the file: "features", the maps of the router's
            encoder, or "lightness"; others need a newer program.
        outputs: what it gives: "ab", or the names of a later format of output.
        conditioning: what it can be given beside the photo: "category", "hints", "reference".
        encoder_sha256: of the encoder whose features it was trained on; None if it takes none.
        training: data, schedule, versions.
        validation: figures on the validation split.
        extra: what bundle.json says of it that this program does not know; kept as it is.
    """

    file: str
    sha256: str
    architecture: str
    category: str
    precision: str
    inference_px: int
    stride: int = 32
    inputs: tuple[str, ...] = (LIGHTNESS,)
    outputs: tuple[str, ...] = (AB,)
    conditioning: tuple[str, ...] = ()
    encoder_sha256: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to trade nearness to the original for colour.

    Attributes:
        colorizer: the architecture of the colorizers.
        saturation: factor of the chrominance that they predict.
        extra: what bundle.json says of it that this program does not know; kept as it is.
    """

    colorizer: str
    saturation: float
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What bundle.json says.

    Attributes:
        folder: where it lies.
        categories: in the order of the router's confidences; a category that was added may have
            a colorizer and be unknown to the router.
        category_weights: factors of the confidences, which undo the frequencies of training photos.
        encoder_sha256: of the encoder in the router; every decoder was trained on this one.
        temperature: divides the logarithms of the weighted confidences; see `calibrate`.
        fallback_threshold: confidence under which the universal colorizer is used.
        top: how many colorizers are blended unless another number is asked for.
        universal_rest: whether the universal colorizer joins the blend, weighted by the confidence
            that the blended categories leave.
        default: the architecture that colours unless another is asked for.
        modes: name -> mode; a bundle that says nothing of them has one, `default` as it is.
        mode: the mode in which photos are coloured unless another is asked for.
        router: the classifier with the shared encoder.
        colorizers: architecture -> category -> entry.
        training: models that training can go on from.
        extra: what bundle.json says that this program does not know; kept as it is.
    """

    folder: Path
    categories: tuple[str, ...]
    category_weights: tuple[float, ...]
    encoder_sha256: str
    fallback_threshold: float
    default: str
    router: ModelEntry
    colorizers: Mapping[str, Mapping[str, ModelEntry]]
    training: Sequence[ModelEntry] = ()
    temperature: float = 1.0  # what bundles say that were written before there was one
    top: int = 1  # likewise
    universal_rest: bool = False  # likewise
    modes: Mapping[str, Mode] = field(default_factory=dict)
    mode: str = FAITHFUL
    extra: Mapping[str, Any] = field(default_factory=dict)

    def find_colorizer(self, architecture: str, category: str) -> ModelEntry:
        """The colorizer of a category; the universal one where the architecture has none for it.

        Raises:
            ConfigError: the bundle has no such architecture.
        """
        known, where = list(self.colorizers), Setting("colorizer")
        require_name(architecture, known, what="colorizer", where=where)
        table = self.colorizers[architecture]
        return table[category] if category in table else table[UNIVERSAL]

    def find_mode(self, name: str | None = None) -> Mode:
        """A mode by its name; None is the bundle's own.

        Raises:
            ConfigError: the bundle has no such mode.
        """
        name = name or self.mode
        modes = {FAITHFUL: Mode(colorizer=self.default, saturation=1.0), **self.modes}
        require_name(name, list(modes), what="mode", where=Setting("mode"))
        return modes[name]

    def find_initial(self, architecture: str, category: str) -> ModelEntry:
        """The model from which the training of a network goes on.

        Raises:
            CheckpointError: the bundle ships none.
        """
        for entry in self.training:
            if (entry.architecture, entry.category) == (architecture, category):
                return entry
        raise CheckpointError(
            f"the bundle ships no {architecture} of {category!r} to go on training from",
            self.folder / "bundle.json",
            "export it anew: python -m release.export RUNS_DIR BUNDLE_DIR",
        )

    def known_categories(self, architecture: str) -> list[str]:
        """The categories that can be asked for: the router's, and others with a colorizer."""
        others = self.colorizers[architecture].keys() - {*self.categories, UNIVERSAL}
        return [*self.categories, *sorted(others)]

    def conditioning_of(self, architecture: str) -> tuple[str, ...]:
        """What the colorizers of an architecture can be given beside the photo."""
        return self.find_colorizer(architecture, UNIVERSAL).conditioning

    def taught_by(self, entry: ModelEntry) -> tuple[str, ...]:
        """The categories whose photos a network was trained on."""
        is_for_all = entry.category in (UNIVERSAL, ROUTER)
        return self.categories if is_for_all else (entry.category,)

    @property
    def unknown_to_router(self) -> list[str]:
        """The categories with a colorizer that the router cannot choose, by name."""
        known = {category for one in self.colorizers for category in self.known_categories(one)}
        return sorted(known - {*self.categories})

    @property
    def entries(self) -> list[ModelEntry]:
        """Every model of the bundle."""
        colorizers = [entry for table in self.colorizers.values() for entry in table.values()]
        return [self.router, *colorizers, *self.training]
