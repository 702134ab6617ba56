"""A table of architectures: what each file declares about its network, and how one is found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from basics.errors import ConfigError
from basics.names import require_name

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """What an architecture file declares about its network.

    Attributes:
        name: unique within its table.
        build: makes a new network with random weights.
        n_params: parameters of the built network, as printed in the source; a test compares.
        source: paper section, figure or URL.
    """

    name: str
    build: "Callable[[], keras.Model]"
    n_params: int
    source: str


Spec = TypeVar("Spec", bound=Architecture)


def index(*specs: Spec) -> dict[str, Spec]:
    """Make the table {name: spec}.

    Raises:
        ConfigError: two specs bear one name.
    """
    table: dict[str, Spec] = {}
    for spec in specs:
        if spec.name in table:
            raise ConfigError(f"two architectures named {spec.name!r}", "table", "rename one")
        table[spec.name] = spec
    return table


def find(table: Mapping[str, Spec], name: str) -> Spec:
    """Look an architecture up.

    Raises:
        ConfigError: there is none of that name; the message offers the nearest.
    """
    return table[require_name(name, list(table), what="architecture", where="--architecture")]
