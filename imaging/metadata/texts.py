"""Comments of JPEG and GIF, and texts of PNG: where each format has a place for them."""

from datetime import datetime

from imaging.metadata import jpeg
from imaging.metadata.blocks import Blocks, Text
from imaging.metadata.exif import DATE_TAKEN, MOST_TEXT, set_comment, set_missing
from imaging.metadata.ifd import Exif, text
from imaging.metadata.tiff import SOFTWARE
from imaging.metadata.xmp import DC, PHOTOSHOP, XAP, Key

COMMENT, TIME = "Comment", "Creation Time"
LONGEST_TIME = 100  # letters
TAGS = {"Description": 270, "Author": 315, "Copyright": 33432, "Software": SOFTWARE}  # EXIF's
PROPERTIES: dict[str, Key] = {
    "Title": (DC, "title"), "Description": (DC, "description"), "Author": (DC, "creator"),
    "Copyright": (DC, "rights"), "Source": (PHOTOSHOP, "Source"),
}  # fmt: skip


def comments_as_texts(comments: list[bytes]) -> list[Text]:
    """Comments as texts of a PNG: UTF-8 where they are, else Latin-1."""
    return [Text(COMMENT, as_text(comment).replace("\0", "")) for comment in comments]


def as_text(raw: bytes) -> str:
    """Bytes of unknown encoding as text; every byte is some letter of Latin-1."""
    try:
        return raw.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return raw.rstrip(b"\0").decode("latin-1")


def move_to_exif(blocks: Blocks, exif: Exif, *, holds_comments: bool) -> dict[Key, list[str]]:
    """Move texts, which only PNG holds, to EXIF; comments, too, unless the format holds them.

    Args:
        blocks: their texts are taken out; their comments are added to, or taken out.
        exif: says what it did not say yet.
        holds_comments: whether the result is a JPEG.

    Returns:
        What XMP should say, too, if it does not yet.
    """
    said: dict[Key, list[str]] = {}
    homeless = []
    comments = []
    for one in blocks.texts:
        if one.keyword in PROPERTIES:
            said.setdefault(PROPERTIES[one.keyword], [one.text])
        if one.keyword in TAGS:
            set_missing(exif, TAGS[one.keyword], one.text)
        elif one.keyword == COMMENT:
            comments.append(one.text)
        elif one.keyword == TIME:
            said.update(_time(one.text, exif))
        elif one.keyword not in PROPERTIES and ":" not in one.keyword:  # ImageMagick's own
            homeless.append(one.keyword)
    blocks.texts = []
    if homeless:
        named = ", ".join(map(_printable, homeless[:5]))
        blocks.lost.append(f"what its PNG texts {named} say")
    if holds_comments:
        blocks.comments += [comment.encode("utf-8", "replace") for comment in comments]
        fitting = [comment for comment in blocks.comments if len(comment) <= jpeg.LARGEST]
        if len(fitting) < len(blocks.comments):
            blocks.lost.append("a comment that is too large")
        blocks.comments = fitting
        return said
    comments += [as_text(comment) for comment in blocks.comments]
    blocks.comments = []
    fitting, left = [], MOST_TEXT
    for comment in comments:
        if len(comment) < left:
            fitting.append(comment)
            left -= len(comment) + 1
    is_said = bool(fitting) and set_comment(exif, "\n".join(fitting))
    if comments and (len(fitting) < len(comments) or not is_said):
        blocks.lost.append("a comment" if is_said else "its comment")
    return said


def _printable(keyword: str) -> str:
    """A stranger's keyword, safe to show."""
    return "".join(one if one.isprintable() else "?" for one in keyword[:40])


def _time(words: str, exif: Exif) -> dict[Key, list[str]]:
    """When the photo was made, as RFC 1123 or ISO 8601 has it; nothing in other words."""
    from email.utils import parsedate_to_datetime

    if len(words) > LONGEST_TIME:
        return {}
    try:
        made = datetime.fromisoformat(words.strip())
    except ValueError:
        try:
            made = parsedate_to_datetime(words)
        except (ValueError, TypeError, IndexError, OverflowError):
            return {}
    exif.photo.setdefault(DATE_TAKEN, text(f"{made:%Y:%m:%d %H:%M:%S}"))
    return {(XAP, "CreateDate"): [made.isoformat()]}
