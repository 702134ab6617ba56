"""Weights small enough to carry home from a borrowed GPU, as `--compact` of training writes them.

Matrices are float16, the short vectors (biases, normalization) float32. An encoder that did not
learn stays out; the file holds its hash.
"""

from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from basics.files import atomic_write
from training.encoders import find_encoder

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
    with atomic_write(path) as side:
        np.savez_compressed(side, allow_pickle=False, **values, **texts)
    return path


def take_compact(network: "keras.Model", path: Path) -> str:
    """Give a network compact weights; a frozen encoder keeps its own.

    Returns:
        The hash of the encoder on which they were trained; empty if it came with them.

    Raises:
        CheckpointError: there are none, they are damaged, or they do not fit.
    """
    stored = read_compact(path)
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


def frozen_encoder(network: "keras.Model") -> "keras.Model | None":
    """The encoder in a network, unless it learns; None if there is none."""
    found = find_encoder(network)
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


def read_compact(path: Path) -> dict[str, NDArray]:
    """Arrays by name: the weights as numbers, `TEXTS` and `ENCODER`.

    Raises:
        CheckpointError: there are none, or they are damaged.
    """
    if not path.is_file():
        raise CheckpointError("no such compact weights", path, "give the path of an .npz file")
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as stored:
            return {name: stored[name] for name in (*TEXTS, ENCODER, *stored)}
    except (KeyError, OSError, ValueError, BadZipFile) as error:
        raise CheckpointError(
            f"cannot read the compact weights: {error}", path, "write them again with --compact"
        ) from error
