"""Networks that are told a photo's category beside its lightness: what they take, how they start.

The category is (N, K) float32: one-hot, a router's confidences, or zeros, "not told". Its order is
that of the packed categories, which config.json of the run tells as `categories`.
"""

from typing import TYPE_CHECKING

from basics.errors import ConfigError, Setting

if TYPE_CHECKING:
    import keras

    from training.registry import ModelSpec

CATEGORY = "category"  # the input's name, in a network and among the inputs of its spec
FILM = "film"  # how the names of the layers begin that a network has for it


def is_told(spec: "ModelSpec") -> bool:
    """Whether networks of an architecture take a category."""
    return CATEGORY in spec.inputs


def count_told(network: "keras.Model") -> int | None:
    """How many categories a network is told apart; None if it takes lightness alone."""
    sizes = [one.shape[-1] for one in network.inputs if one.name.split(":")[0] == CATEGORY]
    return sizes[0] if sizes else None


def untold_weights(network: "keras.Model") -> list:
    """The weights, in order, that a network has in common with one that is told nothing."""
    own = {id(one) for layer in _film_layers(network) for one in layer.weights}
    return [one for one in network.weights if id(one) not in own]


def require_for_all(spec: "ModelSpec", category: str, universal: str) -> None:
    """Check that a network which is told the category is trained on all of them.

    Raises:
        ConfigError: it is to be trained on one.
    """
    if is_told(spec) and category != universal:
        what = f"{spec.name} is told the category: it is one network for all, not of {category!r}"
        fix = f"train `{universal}`, or give another --architecture"
        raise ConfigError(what, Setting("architecture"), fix)


def _film_layers(network: "keras.Model") -> "list[keras.Layer]":
    """The layers that only a told network has, those of inner networks included."""
    found = []
    for layer in network.layers:
        if hasattr(layer, "layers"):
            found += _film_layers(layer)
        elif layer.name.startswith(FILM):
            found.append(layer)
    return found
