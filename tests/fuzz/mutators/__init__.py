"""Every way to damage a photo, by name; each is a function of a seed and of random numbers."""

from collections.abc import Callable, Mapping
from random import Random

from tests.fuzz.mutators import bombs, metadata
from tests.fuzz.mutators.blind import BLIND
from tests.fuzz.mutators.boxes import BOXES
from tests.fuzz.mutators.directory import TIFF
from tests.fuzz.mutators.gif import GIF
from tests.fuzz.mutators.jpeg import JPEG
from tests.fuzz.mutators.png import PNG
from tests.fuzz.mutators.riff import WEBP

Mutator = Callable[[bytes, Random], bytes]

# format -> name -> what knows of its structure
STRUCTURED: Mapping[str, Mapping[str, Mutator]] = {
    "jpg": JPEG, "png": PNG, "webp": WEBP, "tif": TIFF, "avif": BOXES, "heic": BOXES, "gif": GIF,
}  # fmt: skip
BOMBS = {
    "claimed": (bombs.claimed, tuple(bombs.CLAIMS)),
    "unpacked": (bombs.unpacked, ("png",)),
    "frames": (bombs.frames, ("gif", "webp")),
    "long-metadata": (bombs.metadata, ("jpg", "png", "webp")),
}  # name -> what it does, of which formats

__all__ = ["BLIND", "BOMBS", "STRUCTURED", "Mutator", "metadata"]
