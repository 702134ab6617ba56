"""EXIF of a result: its own words on size and colours are true, all else stays."""

from imaging.metadata.ifd import UNICODE, USER_COMMENT, Exif, Value, text
from imaging.metadata.resolution import RATIO
from imaging.metadata.result import Result
from imaging.metadata.tiff import ORIENTATION, SOFTWARE, resolution_values

NOTE = "image colorizer: colours predicted by a neural network"  # in EXIF's Software
IMAGE_WIDTH, IMAGE_LENGTH, BITS, PHOTOMETRIC, SAMPLES, PLANAR = 256, 257, 258, 262, 277, 284
COLOR_SPACE, PIXEL_X, PIXEL_Y, COMPONENTS, COMPRESSED_BITS, GAMMA = (
    40961, 40962, 40963, 37121, 37122, 42240,
)  # fmt: skip
INTEROP_INDEX = 1
SRGB, RGB, CHUNKY = 1, 2, 1
# how the pixels were stored: files of pages, strips, tiles, thumbnail, JPEG, colours, subsampling,
# profile; XMP, IPTC and Photoshop's resources, which have places of their own; padding
OUTDATED = {
    254, 255, 259, 263, 264, 265, 266, 273, 278, 279, 280, 281, 282, 283, 288, 289, 290, 291, 292,
    293, 296, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 333, 334, 336, 338, 339,
    340, 341, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 700, 33723,
    34377, 34675, 59932,
}  # fmt: skip
DATE_TAKEN = 36867
MOST_TEXT = 16_000  # bytes of a text from elsewhere: EXIF as a whole holds 64,000


def describe(exif: Exif, result: Result) -> None:
    """Make EXIF true of a result, and have it say that the colours are predicted."""
    main, photo = exif.main, exif.photo
    for tag in OUTDATED & set(main):
        del main[tag]
    for tag in {COMPRESSED_BITS, GAMMA} & set(photo):
        del photo[tag]
    _set_known(main, {
        IMAGE_WIDTH: exif.shorts(result.width),
        IMAGE_LENGTH: exif.shorts(result.height),
        BITS: exif.shorts(*(result.depth,) * result.bands),
        PHOTOMETRIC: exif.shorts(RGB),
        SAMPLES: exif.shorts(result.bands),
        PLANAR: exif.shorts(CHUNKY),
    })  # fmt: skip
    _set_known(photo, {COMPONENTS: Value(7, b"\1\2\3\0")})
    _set_known(exif.interop, {INTEROP_INDEX: text("R98")})  # of sRGB
    main[ORIENTATION] = exif.shorts(1)
    photo[COLOR_SPACE] = exif.shorts(SRGB)
    photo[PIXEL_X], photo[PIXEL_Y] = exif.shorts(result.width), exif.shorts(result.height)
    if result.resolution and result.resolution.unit != RATIO:  # EXIF knows no mere ratio
        main.update(resolution_values(exif, result.resolution))
    add_note(exif)


def add_note(exif: Exif) -> None:
    """Add the note to Software, once."""
    said = exif.main[SOFTWARE].raw.strip(b"\0 ") if SOFTWARE in exif.main else b""
    note = NOTE.encode()
    if not said.endswith(note):
        said = b"; ".join(part for part in (said, note) if part)
    exif.main[SOFTWARE] = text(said)


def set_missing(exif: Exif, tag: int, words: str) -> None:
    """Say something in the main directory, if it does not say it yet and has room for it."""
    said = text(words)
    had = tag in exif.main and exif.main[tag].raw.strip(b"\0 ")
    if not had and len(said.raw) <= MOST_TEXT:
        exif.main[tag] = said


def set_comment(exif: Exif, comment: str) -> bool:
    """Say something in UserComment, if that is empty and has room for it; whether it is said."""
    had = exif.photo.get(USER_COMMENT)
    if (had and had.raw[8:].strip(b"\0 ")) or len(comment) > MOST_TEXT:
        return False
    if comment.isascii():
        raw = b"ASCII\0\0\0" + comment.encode()
    else:
        encoding = "utf-16-le" if exif.order == "<" else "utf-16-be"
        raw = UNICODE + comment.encode(encoding, "replace")
    exif.photo[USER_COMMENT] = Value(7, raw)
    return True


def _set_known(ifd: dict[int, Value], told: dict[int, Value]) -> None:
    """Set those tags that there are."""
    for tag, value in told.items():
        if tag in ifd:
            ifd[tag] = value
