"""The shipped models: bundle.json says what each file is.

pretrained/
    bundle.json                          format, categories, per file sha256, training, figures
    router.onnx                          luminance -> confidences and the encoder's feature maps
    shared_encoder/<category>.onnx       feature maps -> chrominance
    encoder_decoder/<category>.onnx      luminance -> chrominance
    training/*.keras                     what going on with the training starts from

A network that was added later has a part of its checkpoint's sha256 in its name: the files of the
bundle that is there are never overwritten.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from basics.errors import CheckpointError
from basics.files import atomic_write
from basics.names import require_name

UNIVERSAL = "universal"  # the colorizer for all categories
FAITHFUL, VIVID = "faithful", "vivid"  # modes: near to the original, or as colourful
ROUTER = "all"  # what stands for a category where the router is described
FORMAT = 1  # of bundle.json; a reader refuses another
PRETRAINED_DIR = Path(__file__).parents[2] / "pretrained"
MEND = "get the file anew (git checkout -- pretrained), or give another bundle: --models DIR"


@dataclass(frozen=True, kw_only=True)
class NetworkFile:
    """One file of the bundle.

    Attributes:
        file: path below the bundle's folder.
        sha256: hex digest of its bytes.
        architecture: a name of the tables of architectures.
        category: what it colours, "universal", or "all" for the router.
        short_side: px; the short side of the photo at which it is run.
        precision: "int8" or "float32".
        training: data, schedule, versions.
        validation: figures on the validation split.
    """

    file: str
    sha256: str
    architecture: str
    category: str
    short_side: int
    precision: str
    training: Mapping[str, Any] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)

    @property
    def shares_encoder(self) -> bool:
        """Whether it colours from the router's feature maps instead of the luminance."""
        return self.training.get("encoder_sha256") is not None


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to trade nearness to the original for colour.

    Attributes:
        architecture: of the colorizers.
        saturation: factor of the chrominance that they predict.
    """

    architecture: str
    saturation: float


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What bundle.json says.

    Attributes:
        folder: where it lies.
        categories: in the order of the router's confidences; a category that was added may have
            a colorizer and be unknown to the router.
        category_weights: factors of the confidences, which undo the frequencies of training photos.
        encoder_sha256: of the encoder in the router; every decoder was trained on this one.
        temperature: divides the logarithms of the weighted confidences; see
            `pipeline.engine.calibration.calibrate`.
        unsure_below: confidence under which the universal colorizer is used.
        top: how many colorizers are blended unless another number is asked for.
        universal_rest: whether the universal colorizer joins the blend, weighted by the confidence
            that the blended categories leave.
        default: the architecture that colours unless another is asked for.
        modes: name -> mode; a bundle that says nothing of them has one, `default` as it is.
        mode: the mode in which photos are coloured unless another is asked for.
        router: the classifier with the shared encoder.
        colorizers: architecture -> category -> file.
        training: files that training can go on from.
    """

    folder: Path
    categories: tuple[str, ...]
    category_weights: tuple[float, ...]
    encoder_sha256: str
    unsure_below: float
    default: str
    router: NetworkFile
    colorizers: Mapping[str, Mapping[str, NetworkFile]]
    training: Sequence[NetworkFile] = ()
    temperature: float = 1.0  # what bundles say that were written before there was one
    top: int = 1  # likewise
    universal_rest: bool = False  # likewise
    modes: Mapping[str, Mode] = field(default_factory=dict)
    mode: str = FAITHFUL

    def find_colorizer(self, architecture: str, category: str) -> NetworkFile:
        """The colorizer of a category; the universal one where the architecture has none for it.

        Raises:
            ConfigError: the bundle has no such architecture.
        """
        require_name(architecture, list(self.colorizers), what="colorizer", where="--colorizer")
        table = self.colorizers[architecture]
        return table[category] if category in table else table[UNIVERSAL]

    def find_mode(self, name: str) -> Mode:
        """A mode by its name.

        Raises:
            ConfigError: the bundle has no such mode.
        """
        modes = {FAITHFUL: Mode(architecture=self.default, saturation=1.0), **self.modes}
        require_name(name, list(modes), what="mode", where="--mode")
        return modes[name]

    def find_start(self, architecture: str, category: str) -> NetworkFile:
        """The file from which the training of a network goes on.

        Raises:
            CheckpointError: the bundle ships none.
        """
        for file in self.training:
            if (file.architecture, file.category) == (architecture, category):
                return file
        raise CheckpointError(
            f"the bundle ships no {architecture} of {category!r} to go on training from",
            self.folder / "bundle.json",
            "export it anew: python -m release.export RUNS_DIR BUNDLE_DIR",
        )

    def known_categories(self, architecture: str) -> list[str]:
        """The categories that can be asked for: the router's, and others with a colorizer."""
        others = self.colorizers[architecture].keys() - {*self.categories, UNIVERSAL}
        return [*self.categories, *sorted(others)]

    def taught_by(self, file: NetworkFile) -> tuple[str, ...]:
        """The categories whose photos a network was trained on."""
        is_for_all = file.category in (UNIVERSAL, ROUTER)
        return self.categories if is_for_all else (file.category,)

    @property
    def unknown_to_router(self) -> list[str]:
        """The categories with a colorizer that the router cannot choose, by name."""
        known = {category for one in self.colorizers for category in self.known_categories(one)}
        return sorted(known - {*self.categories})

    @property
    def files(self) -> list[NetworkFile]:
        """Every file of the bundle but bundle.json."""
        colorizers = [file for table in self.colorizers.values() for file in table.values()]
        return [self.router, *colorizers, *self.training]


def read_bundle(folder: Path) -> Bundle:
    """Read bundle.json.

    Raises:
        CheckpointError: it is missing, damaged, or of another format.
    """
    path = folder / "bundle.json"
    if not path.is_file():
        raise CheckpointError("no bundle of models", path, MEND)
    try:
        content = json.loads(path.read_text())
        if content["format"] != FORMAT:
            raise CheckpointError(
                f"bundle format {content['format']}, this program reads {FORMAT}", path, MEND
            )
        return Bundle(
            folder=folder,
            categories=tuple(content["categories"]),
            category_weights=tuple(content["category_weights"]),
            encoder_sha256=content["encoder_sha256"],
            unsure_below=content["unsure_below"],
            default=content["default"],
            router=NetworkFile(**content["router"]),
            colorizers={
                architecture: {one["category"]: NetworkFile(**one) for one in files}
                for architecture, files in content["colorizers"].items()
            },
            training=[NetworkFile(**one) for one in content["training"]],
            temperature=content.get("temperature", 1.0),
            top=content.get("top", 1),
            universal_rest=content.get("universal_rest", False),
            modes={name: Mode(**mode) for name, mode in content.get("modes", {}).items()},
            mode=content.get("mode", FAITHFUL),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"damaged bundle.json: {error!r}", path, MEND) from error


def write_bundle(bundle: Bundle) -> None:
    """Write bundle.json."""
    content = {
        "format": FORMAT,
        "categories": bundle.categories,
        "category_weights": bundle.category_weights,
        "encoder_sha256": bundle.encoder_sha256,
        "temperature": bundle.temperature,
        "unsure_below": bundle.unsure_below,
        "top": bundle.top,
        "universal_rest": bundle.universal_rest,
        "default": bundle.default,
        "modes": {name: asdict(mode) for name, mode in bundle.modes.items()},
        "mode": bundle.mode,
        "router": asdict(bundle.router),
        "colorizers": {
            architecture: [asdict(file) for file in files.values()]
            for architecture, files in bundle.colorizers.items()
        },
        "training": [asdict(file) for file in bundle.training],
    }
    with atomic_write(bundle.folder / "bundle.json") as side:
        side.write_text(json.dumps(content, indent=1) + "\n")


def read_verified(folder: Path, file: NetworkFile) -> bytes:
    """The bytes of a file of the bundle.

    Raises:
        CheckpointError: it is missing, or its sha256 is not what bundle.json says.
    """
    path = folder / file.file
    if not path.is_file():
        raise CheckpointError("a file of the bundle is missing", path, MEND)
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise CheckpointError(
            f"a file of the bundle is damaged: its sha256 is {found}, not {file.sha256}", path, MEND
        )
    return content


def file_sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
