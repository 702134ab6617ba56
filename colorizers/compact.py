"""Compact weights -> run folders: python -m colorizers.compact FOLDER --encoder RUN

`python -m colorizers.train --compact FOLDER` writes the weights that each run chose, small enough
to carry home from a borrowed GPU: matrices as float16, the short vectors (biases, normalization)
as float32. An encoder that did not learn stays out; the file holds its hash. `--init` takes such a
file as it is; this command makes run folders of them, from which pipeline.export ships.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from preprocessing import cli
from preprocessing.errors import CheckpointError

if TYPE_CHECKING:
    import keras

SUFFIX = ".npz"
TEXTS = ("config.json", "versions.json", "history.csv")  # a run's own story, carried along
ENCODER = "encoder_sha256"  # empty if the weights hold the encoder too, or there is none


def write_compact(run_dir: Path, path: Path) -> Path:
    """Write the weights of the checkpoint that a run chose, aside first.

    Raises:
        CheckpointError: the run has none.
    """
    from training.checkpoints import chosen_checkpoint, load_checkpoint, weights_sha256

    network = load_checkpoint(chosen_checkpoint(run_dir), with_optimizer=False)
    frozen = frozen_encoder(network)
    content = {name: (run_dir / name).read_text() for name in TEXTS}
    content[ENCODER] = "" if frozen is None else weights_sha256(frozen)
    values = {f"{number:03d}": _smaller(one) for number, one in enumerate(_learnt(network))}
    texts = {name: np.array(text) for name, text in content.items()}
    with cli.written_aside(path) as side:
        np.savez_compressed(side, allow_pickle=False, **values, **texts)
    return path


def take_compact(network: "keras.Model", path: Path) -> str:
    """Give a network compact weights; a frozen encoder keeps its own.

    Returns:
        The hash of the encoder on which they were trained; empty if it came with them.

    Raises:
        CheckpointError: there are none, they are damaged, or they do not fit.
    """
    stored = _read(path)
    arrays = [stored[name] for name in sorted(stored) if name.isdigit()]
    encoder_sha256 = str(stored[ENCODER])
    weights = _learnt(network) if encoder_sha256 else network.weights
    if [one.shape for one in arrays] != [tuple(one.shape) for one in weights]:
        raise CheckpointError(
            f"not the weights of a network like {network.name!r}",
            path,
            "give the --architecture with which they were trained",
        )
    for weight, array in zip(weights, arrays, strict=True):
        weight.assign(array.astype(np.float32))
    return encoder_sha256


def unpack(path: Path, runs_dir: Path, encoder: Path | None) -> Path:
    """Make a run folder of compact weights; returns its `best.keras`.

    Raises:
        CheckpointError: they do not fit, or were trained on another encoder.
        ConfigError: they need an encoder.
    """
    from colorizers.config import ColorizerConfig
    from colorizers.models import ARCHITECTURES
    from colorizers.start import load_start
    from training.checkpoints import BEST_NAME, save_checkpoint
    from training.registry import find

    stored = _read(path)
    run = json.loads(str(stored["config.json"]))
    architecture, category = run["architecture"], run["category"]
    network = find(ARCHITECTURES, architecture).build()
    run_dir = runs_dir / architecture / category
    places = {"packed_dir": Path(), "run_dir": run_dir, "init": path, "encoder": encoder}
    load_start(network, ColorizerConfig(category=category, architecture=architecture, **places))
    for name in TEXTS:
        with cli.written_aside(run_dir / name) as side:
            side.write_text(str(stored[name]))
    save_checkpoint(network, run_dir / BEST_NAME)
    return run_dir / BEST_NAME


def frozen_encoder(network: "keras.Model") -> "keras.Model | None":
    """The encoder in a network, unless it learns; None if there is none."""
    found = next((layer for layer in network.layers if layer.name == "encoder"), None)
    return None if found is None or found.trainable_weights else found


def _learnt(network: "keras.Model") -> list:
    """The weights outside a frozen encoder, in the network's order."""
    frozen = frozen_encoder(network)
    left_out = set() if frozen is None else {id(weight) for weight in frozen.weights}
    return [weight for weight in network.weights if id(weight) not in left_out]


def _smaller(weight: "keras.Variable") -> NDArray:
    """Its values, those of a matrix in half precision."""
    from keras import ops

    return ops.convert_to_numpy(weight).astype(np.float16 if len(weight.shape) > 1 else np.float32)


def _read(path: Path) -> dict[str, NDArray]:
    if not path.is_file():
        raise CheckpointError("no such compact weights", path, "give the path of an .npz file")
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as stored:
            return {name: stored[name] for name in (*TEXTS, ENCODER, *stored)}
    except (KeyError, OSError, ValueError, BadZipFile) as error:
        raise CheckpointError(
            f"cannot read the compact weights: {error}", path, "write them again with --compact"
        ) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "colorizers.compact")
    parser.add_argument("folder", type=Path, help="what --compact wrote")
    add = parser.add_argument
    add("--runs-dir", type=Path, default=Path("runs/colorizers"), help="run folders go below it")
    add("--encoder", type=Path, help="the router's run folder, for shared_encoder")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    paths = sorted(args.folder.glob(f"*{SUFFIX}"))
    if not paths:
        raise CheckpointError("no compact weights", args.folder, "write some: --compact FOLDER")
    for path in paths:
        cli.print_lines([unpack(path, args.runs_dir, args.encoder)])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
