"""What a new classifier starts from: ImageNet weights, or another network's encoder and head."""

from collections.abc import Sequence
from pathlib import Path

import keras

from basics.errors import CheckpointError
from classifier.backbones.backbone import Backbone
from classifier.config import ClassifierConfig
from classifier.head import build_classifier, take_head
from training.checkpoints import chosen_checkpoint, load_checkpoint
from training.compact import SUFFIX, facts_of, take_compact, take_encoder
from training.encoders import ENCODER, find_encoder


def build_network(
    spec: Backbone, config: ClassifierConfig, categories: Sequence[str]
) -> keras.Model:
    """A classifier of `categories` with its initial weights.

    Raises:
        CheckpointError: they cannot be had, or do not fit.
    """
    network = build_classifier(spec.build(), len(categories))
    set_norm_momentum(network, config.norm_momentum)
    if config.encoder is not None:
        load_initial_weights(network, config.encoder, categories, config.known)
    elif config.weights != "none":
        spec.load_weights(network.get_layer(ENCODER), config.weights)
    return network


def load_initial_weights(
    network: keras.Model, path: Path, categories: Sequence[str], known: Sequence[str] | None
) -> None:
    """Give a new classifier the encoder of another network and, of its head, the known categories.

    Raises:
        CheckpointError: `path` holds no network on that backbone, or no classifier of `known`.
    """
    fix = "give a checkpoint or run folder of a network with the same backbone"
    if path.suffix == SUFFIX:
        _load_compact(network, path, categories, known)
        return
    source = load_checkpoint(
        chosen_checkpoint(path) if path.is_dir() else path, with_optimizer=False
    )
    encoder, given = network.get_layer(ENCODER), find_encoder(source)
    if given is None or [w.shape for w in given.weights] != [w.shape for w in encoder.weights]:
        raise CheckpointError("not a network with such an encoder", path, fix)
    encoder.set_weights(given.get_weights())
    if known is None:
        return
    _require_known(source.output_shape[-1], known, path)
    take_head(network, source, categories, known)


def _load_compact(
    network: keras.Model, path: Path, categories: Sequence[str], known: Sequence[str] | None
) -> None:
    """The same from compact weights."""
    take_encoder(network.get_layer(ENCODER), path)
    if known is None:
        return
    _require_known(len(facts_of(path).get("categories", ())), known, path)
    source = keras.models.clone_model(network.get_layer(ENCODER))
    source = build_classifier(source, len(known))
    take_compact(source, path)
    take_head(network, source, categories, known)


def _require_known(n_categories: int, known: Sequence[str], path: Path) -> None:
    """Check that a classifier is one of so many categories."""
    if n_categories != len(known):
        what = f"not a classifier of {len(known)} categories, but of {n_categories}"
        raise CheckpointError(what, path, "give --known the categories that it was trained on")


def set_trainable(network: keras.Model, from_layer: str | None) -> None:
    """Choose what of the encoder learns: all (None), nothing (""), or all from one layer on."""
    encoder = network.get_layer(ENCODER)
    inner = next((layer for layer in encoder.layers if hasattr(layer, "layers")), encoder)
    reached = from_layer is None
    encoder.trainable = inner.trainable = True
    for layer in inner.layers:
        reached = reached or layer.name == from_layer
        layer.trainable = reached


def set_norm_momentum(network: keras.Model, momentum: float) -> None:
    """Set how slowly batch normalization averages, in every layer, however deep."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            set_norm_momentum(layer, momentum)
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
