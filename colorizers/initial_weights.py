"""What a new colorizer starts from: another run, compact weights, the router's encoder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basics.errors import CheckpointError, ConfigError, Setting
from colorizers.config import ColorizerConfig
from colorizers.told import count_told, is_told, untold_weights
from preprocessing.packing import packed_categories
from training.compact import SUFFIX, is_compact, take_compact, take_encoder
from training.encoders import DECODER, find_encoder
from training.encoders.table import USUAL

if TYPE_CHECKING:
    import keras

    from training.registry import ModelSpec
    from training.task import Parts


def build_network(spec: "ModelSpec", config: ColorizerConfig) -> "keras.Model":
    """A network with its initial weights, and what of it is to learn.

    Raises:
        CheckpointError, ConfigError: as `load_initial_weights`, `unfreeze_encoder` and
            `freeze_first_stages` do.
    """
    n_categories = len(packed_categories(config.packed_dir)) if is_told(spec) else None
    network = build_random(spec, config.backbone, n_categories)
    load_initial_weights(network, config)
    if config.train_encoder:
        unfreeze_encoder(network, spec.name)
    if config.last_stages:
        freeze_first_stages(network, config.last_stages)
    return network


def build_parts(spec: "ModelSpec", config: ColorizerConfig, categories: Sequence[str]) -> "Parts":
    """That network, and where its encoder is to tell categories apart, the head that does.

    Raises:
        CheckpointError, ConfigError: as `build_network` does.
    """
    from colorizers.tasks.regression import TOP, with_inner
    from colorizers.tasks.routed import ROUTER
    from training.encoders.head import build_head
    from training.task import NETWORK

    network = build_network(spec, config)
    if not config.head_factor:
        return {NETWORK: network}
    top = with_inner(network).output.get(TOP)
    if top is None or (find_encoder(network) is not None and not config.train_encoder):
        what = f"{spec.name} has nothing that could learn to tell categories apart"
        fix = "leave it out, or give an architecture on an encoder and --train-encoder"
        raise ConfigError(what, Setting("router_factor" if config.router_factor else "loss"), fix)
    return {NETWORK: network, ROUTER: build_head(top, len(categories))}


def build_random(
    spec: "ModelSpec", backbone: str = USUAL, n_categories: int | None = None
) -> "keras.Model":
    """A network with random weights, on an encoder if it has one.

    Args:
        spec: of its architecture.
        backbone: its encoder.
        n_categories: that it is told apart, where it is told; None: as its file has it.

    Raises:
        ConfigError: it has none, but another than the usual is asked for.
    """
    if spec.encoder is not None:
        told = {} if n_categories is None else {"n_categories": n_categories}
        return spec.build(backbone=backbone, **told)
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


def freeze_first_stages(network: "keras.Model", last: int) -> None:
    """Let only the last stages of the decoder learn, and its convolution to ab.

    Args:
        network: a colorizer on an encoder.
        last: how many stages learn; each is a convolution with what follows it.

    Raises:
        ConfigError: it has not so many.
    """
    import keras

    inner = [layer for layer in network.layers if layer.name == DECODER]
    layers = inner[0].layers if inner else []
    starts = [i for i, one in enumerate(layers) if isinstance(one, keras.layers.Conv2D)]
    if last >= len(starts):
        what = f"the decoder of {network.name} has {max(0, len(starts) - 1)} stages, not {last}"
        raise ConfigError(what, Setting("last_stages"), "give fewer, or 0: then all of it learns")
    for layer in layers[: starts[-last - 1]]:
        layer.trainable = False


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
    """Give `target` the weights of `source`, which came from `path`.

    A network that is told the category takes those of one that is not: they fit, and say the same.
    """
    taking = target.weights
    if source is not None and count_told(target) and not count_told(source):
        taking = untold_weights(target)
    if source is None or [w.shape for w in source.weights] != [w.shape for w in taking]:
        raise CheckpointError(
            f"not the weights of {wanted}", path, f"give a checkpoint or run folder of {wanted}"
        )
    for weight, value in zip(taking, source.get_weights(), strict=True):
        weight.assign(value)
