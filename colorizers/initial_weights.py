"""What a new colorizer starts from: another run, compact weights, the router's encoder."""

from pathlib import Path
from typing import TYPE_CHECKING

from basics.errors import CheckpointError, ConfigError, Setting
from colorizers.config import ColorizerConfig
from training.compact import SUFFIX, is_compact, take_compact, take_encoder
from training.encoders import find_encoder
from training.encoders.table import USUAL

if TYPE_CHECKING:
    import keras

    from training.registry import ModelSpec


def build_network(spec: "ModelSpec", config: ColorizerConfig) -> "keras.Model":
    """A network with its initial weights, and what of it is to learn.

    Raises:
        CheckpointError, ConfigError: as `load_initial_weights` and `unfreeze_encoder` do.
    """
    network = build_random(spec, config.backbone)
    load_initial_weights(network, config)
    if config.train_encoder:
        unfreeze_encoder(network, spec.name)
    return network


def build_random(spec: "ModelSpec", backbone: str = USUAL) -> "keras.Model":
    """A network with random weights, on an encoder if it has one.

    Raises:
        ConfigError: it has none, but another than the usual is asked for.
    """
    if spec.encoder is not None:
        return spec.build(backbone=backbone)
    if backbone != USUAL:
        fix = "leave it out, or give --architecture shared_encoder"
        raise ConfigError(f"{spec.name} has no encoder", Setting("backbone"), fix)
    return spec.build()


def load_initial_weights(network: "keras.Model", config: ColorizerConfig) -> None:
    """Give a new network the weights that it starts from: an encoder's, another run's.

    Raises:
        CheckpointError: the weights do not fit, or a decoder meets an encoder that is not its own.
        ConfigError: a network on an encoder, but no trained one.
    """
    from training.checkpoints import weights_sha256

    trained_on = None if config.init is None else _take_init(network, config)
    target = find_encoder(network)
    if target is None:
        return
    if config.encoder is not None:
        encoder = _open_encoder(config.encoder, config.backbone)
        if config.init is not None and (encoder is None or weights_sha256(encoder) != trained_on):
            raise CheckpointError(
                "the decoder was trained on another encoder",
                f"--init {config.init} --encoder {config.encoder}",
                "give the router on which it was trained, or leave --encoder out",
            )
        _copy_weights(encoder, target, config.encoder, f"a {config.backbone} classifier")
    elif trained_on != encoder_sha256(network):
        raise ConfigError(
            f"{config.architecture} needs the router's encoder",
            Setting("encoder"),
            "run: python -m classifier.train, then give --encoder runs/classifier/mobilenet_v2",
        )


def _open_encoder(path: Path, backbone: str) -> "keras.Model | None":
    """The encoder of a router, or a new one with compact or ImageNet weights (.npz both)."""
    if path.suffix != SUFFIX:
        return find_encoder(_load(path))
    from training.encoders.table import ENCODERS

    spec = ENCODERS[backbone]
    encoder = spec.build()
    if is_compact(path):
        take_encoder(encoder, path)
    else:
        spec.load_weights(encoder, str(path))
    return encoder


def _take_init(network: "keras.Model", config: ColorizerConfig) -> str | None:
    """Take the weights of `--init`; returns the hash of the encoder that they were trained on."""
    path, wanted = config.init or Path(), f"the network {config.architecture!r}"
    if path.suffix == SUFFIX:
        return take_compact(network, path) or encoder_sha256(network)
    _copy_weights(_load(path), network, path, wanted)
    return encoder_sha256(network)


def unfreeze_encoder(network: "keras.Model", architecture: str) -> None:
    """Let every layer of the encoder learn.

    Raises:
        ConfigError: the network has none.
    """
    encoder = find_encoder(network)
    if encoder is None:
        raise ConfigError(
            f"{architecture} has no encoder",
            Setting("train_encoder"),
            "give --architecture shared_encoder",
        )
    encoder.trainable = True


def encoder_sha256(network: "keras.Model") -> str | None:
    """The hash of the frozen encoder in a network; None if it has none."""
    from training.checkpoints import weights_sha256

    encoder = find_encoder(network)
    return None if encoder is None else weights_sha256(encoder)


def _load(path: Path) -> "keras.Model":
    """The network of a checkpoint, or that which a run folder ships."""
    from training.checkpoints import chosen_checkpoint, load_checkpoint

    return load_checkpoint(chosen_checkpoint(path) if path.is_dir() else path)


def _copy_weights(
    source: "keras.Model | None", target: "keras.Model", path: Path, wanted: str
) -> None:
    """Give `target` the weights of `source`, which came from `path`."""
    if source is None or [w.shape for w in source.weights] != [w.shape for w in target.weights]:
        raise CheckpointError(
            f"not the weights of {wanted}", path, f"give a checkpoint or run folder of {wanted}"
        )
    target.set_weights(source.get_weights())
