"""A table of networks: what each file declares about its own, and how one is found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from basics.errors import ConfigError, Setting
from basics.names import require_name

if TYPE_CHECKING:
    import keras

REGRESSION, CLASSES, CATEGORIES = "regression", "classes", "categories"  # what a network predicts
REGRESSION_UV, BINS_UV = "regression_uv", "bins_uv"  # likewise, in CIELUV


def whole(network: "keras.Model") -> "keras.Model":
    """What is exported of a network that needs no other: all of it."""
    return network


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """What an architecture's file declares about its network.

    Attributes:
        name: unique within its table.
        build: makes a new network with random weights.
        n_params: parameters of the built network, as printed in the source; a test compares.
        source: paper section, figure or URL.
        licence: of weights made by others from which it can start; empty where there are none.
        task: what it predicts: `REGRESSION` of ab, `CLASSES` of ab, `CATEGORIES` of photos.
        inputs: what it takes in a bundle: "features" of the router's encoder or "lightness".
        stride: heights and widths must be multiples of it.
        encoder: name of the backbone whose encoder it holds, see `training.encoders`; None where it
            has none that another network could share.
        exported: the part of a trained network that a bundle holds.
    """

    name: str
    build: "Callable[..., keras.Model]"
    n_params: int
    source: str
    licence: str = ""
    task: str = REGRESSION
    inputs: tuple[str, ...] = ("lightness",)
    stride: int = 32
    encoder: str | None = None
    exported: "Callable[[keras.Model], keras.Model]" = whole


Spec = TypeVar("Spec", bound=ModelSpec)


def index(names: Sequence[str], specs: Sequence[Spec]) -> dict[str, Spec]:
    """Make the table {name: spec}.

    Args:
        names: those that commands list; they know them without importing Keras.
        specs: of these names, in this order.

    Raises:
        ConfigError: two specs bear one name, or they are not those of `names`.
    """
    table: dict[str, Spec] = {}
    for spec in specs:
        if spec.name in table:
            raise ConfigError(f"two architectures named {spec.name!r}", "table", "rename one")
        table[spec.name] = spec
    if tuple(table) != tuple(names):
        what = f"networks {', '.join(table)}, but names {', '.join(names)}"
        raise ConfigError(what, "table", "list the same in both")
    return table


def find(table: Mapping[str, Spec], name: str, field: str = "architecture") -> Spec:
    """Look an architecture up.

    Args:
        table: as `index` makes it.
        name: that the user gave.
        field: of the config in which it stands, for the error.

    Raises:
        ConfigError: there is none of that name; the message offers the nearest.
    """
    return table[require_name(name, list(table), what=field, where=Setting(field))]
