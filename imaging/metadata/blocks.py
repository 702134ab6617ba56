"""What a file says of its photo, as bytes, before anybody has looked into it."""

import struct
import zlib
from dataclasses import dataclass, field

from imaging.metadata.ifd import Exif
from imaging.metadata.resolution import Resolution

MOST_BYTES = 8_000_000  # of one block; XMP with a depth map has about 3 MB
MOST_ALL = 32_000_000  # of all blocks of a file
MOST_PIECES = 100_000  # segments, chunks or blocks of a file that are looked at
MOST_TEXTS = 1_000

EXIF = b"Exif\0\0"  # what the block begins with in JPEG, the TIFF apart
PHOTOSHOP = b"Photoshop 3.0\0"  # what a JPEG's segment of resources begins with
# what damaged blocks make their readers raise
DAMAGE = (ValueError, KeyError, IndexError, TypeError, OSError, OverflowError, EOFError,
          MemoryError, RecursionError, struct.error, zlib.error)  # fmt: skip


@dataclass(frozen=True)
class Text:
    """A text of a PNG: its keyword, and what only iTXt can say of it."""

    keyword: str
    text: str
    language: str = ""
    translated: str = ""  # the keyword, in that language


@dataclass
class Blocks:
    """The blocks of one file; what it does not have is empty.

    Attributes:
        exif: a TIFF, without what JPEG puts in front of it; or its directories, out of a TIFF.
        xmp, more_xmp: a packet; what did not fit into a JPEG's first one.
        iptc: bare records of IPTC.
        resources: Photoshop's, which may hold IPTC, too.
        comments: of a JPEG or a GIF, in whatever encoding.
        texts: of a PNG.
        resolution: as the container has it; EXIF may have another.
        orientation: 1 to 8 as the container has it; 0 leaves it to EXIF.
        lost: what was too large or damaged, for the warning.
    """

    exif: bytes | Exif = b""
    xmp: bytes = b""
    more_xmp: bytes = b""
    iptc: bytes = b""
    resources: bytes = b""
    comments: list[bytes] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    resolution: Resolution | None = None
    lost: list[str] = field(default_factory=list)
