"""Weights small enough to carry home from a borrowed GPU, or to ship for training to go on from.

Matrices are float16, the short vectors (biases, normalization) float32. An encoder may stay out,
such as one that did not learn; the file then holds its hash.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from basics.files import atomic_write
from training.encoders import find_encoder

if TYPE_CHECKING:
    import keras

SUFFIX = ".npz"
CONFIG = "config.json"
TEXTS = (CONFIG, "versions.json", "history.csv")  # a run's own story, carried along
ENCODER = "encoder_sha256"  # empty if the weights hold the encoder too, or there is none


def write_compact(run_dir: Path, path: Path) -> Path:
    """Write the weights of the checkpoint that a run chose, aside first.

    Raises:
        CheckpointError: the run has none.
    """
    from training.checkpoints import chosen_checkpoint, load_checkpoint

    network = load_checkpoint(chosen_checkpoint(run_dir), with_optimizer=False)
    texts = {name: (run_dir / name).read_text() for name in TEXTS}
    return write_weights(network, path, texts, without=frozen_encoder(network))


def write_weights(
    network: "keras.Model",
    path: Path,
    texts: Mapping[str, str],
    *,
    without: "keras.Model | None" = None,
) -> Path:
    """Write a network's weights, aside first.

    Args:
        network: whose they are.
        path: where they go.
        texts: what is told of it, under the names of `TEXTS`.
        without: its encoder, if that is to stay out.
    """
    from keras import ops

    from training.checkpoints import weights_sha256

    content = {**texts, ENCODER: "" if without is None else weights_sha256(without)}
    kept = enumerate(_outside(network, without))
    values = {f"{number:03d}": _in_half(ops.convert_to_numpy(one)) for number, one in kept}
    stored = {name: np.array(text) for name, text in content.items()}
    with atomic_write(path) as side, side.open("wb") as file:  # a path would get another suffix
        np.savez_compressed(file, allow_pickle=False, **values, **stored)
    return path


def take_compact(network: "keras.Model", path: Path) -> str:
    """Give a network compact weights; a frozen encoder keeps its own.

    Returns:
        The hash of the encoder on which they were trained; empty if it came with them.

    Raises:
        CheckpointError: there are none, they are damaged, or they do not fit.
    """
    stored = read_compact(path)
    encoder_sha256 = str(stored[ENCODER])
    without = frozen_encoder(network) if encoder_sha256 else None
    if not _assign(_outside(network, without), _arrays(stored)):
        raise CheckpointError(
            f"not the weights of a network like {network.name!r}",
            path,
            "give the --architecture with which they were trained",
        )
    return encoder_sha256


def take_encoder(encoder: "keras.Model", path: Path) -> None:
    """Give an encoder the weights of that in a compact file, whose first ones are its.

    Raises:
        CheckpointError: the file is damaged, or holds no such encoder.
    """
    stored = read_compact(path)
    if stored[ENCODER] or not _assign(encoder.weights, _arrays(stored)[: len(encoder.weights)]):
        fix = "give those of a router on that --backbone"
        raise CheckpointError(f"no weights of the encoder {encoder.name!r}", path, fix)


def is_compact(path: Path) -> bool:
    """Whether a file holds compact weights, and not ImageNet weights, which are .npz files too."""
    if not is_zipfile(path):
        return False
    with np.load(path, allow_pickle=False) as stored:
        return CONFIG in stored.files


def facts_of(path: Path) -> dict[str, Any]:
    """What a compact file's config.json says.

    Raises:
        CheckpointError: there is no such file, or it is damaged.
    """
    try:
        found = json.loads(str(read_compact(path)[CONFIG]))
        if not isinstance(found, dict):
            raise ValueError("no object of settings")
    except (ValueError, RecursionError) as error:
        what = f"damaged {CONFIG} in it: {str(error)[:200]}"
        raise CheckpointError(what, path, "write them again with --compact") from error
    return found


def halve(network: "keras.Model") -> None:
    """Give a network the very weights that its compact file will hold."""
    network.set_weights([_in_half(one).astype(np.float32) for one in network.get_weights()])


def is_halved(network: "keras.Model") -> bool:
    """Whether a compact file holds the network's weights as they are."""
    return all(
        np.array_equal(given, _in_half(given).astype(np.float32)) for given in network.get_weights()
    )


def frozen_encoder(network: "keras.Model") -> "keras.Model | None":
    """The encoder in a network, unless it learns; None if there is none."""
    found = find_encoder(network)
    return None if found is None or found.trainable_weights else found


def _outside(network: "keras.Model", encoder: "keras.Model | None") -> list:
    """The weights of a network but for those of an encoder, in its order."""
    left_out = set() if encoder is None else {id(weight) for weight in encoder.weights}
    return [weight for weight in network.weights if id(weight) not in left_out]


def _in_half(values: NDArray) -> NDArray:
    """Those of a matrix in half precision."""
    return values.astype(np.float16 if values.ndim > 1 else np.float32)


def _arrays(stored: Mapping[str, NDArray]) -> list[NDArray]:
    return [stored[name] for name in sorted(stored) if name.isdigit()]


def _assign(weights: list, arrays: list[NDArray]) -> bool:
    """Give weights their values; False, and nothing is given, if the shapes are others."""
    if [one.shape for one in arrays] != [tuple(one.shape) for one in weights]:
        return False
    for weight, array in zip(weights, arrays, strict=True):
        weight.assign(array.astype(np.float32))
    return True


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
