"""IPTC's records as XMP says the same, for formats that hold XMP alone: IPTC Core 1.4, mapping."""

from imaging.metadata.photoshop import read_records
from imaging.metadata.xmp import DC, PHOTOSHOP, Key

CHARACTERS, UTF_8 = (1, 90), b"\x1b%G"
UNTOLD = {CHARACTERS, (1, 0), (2, 0)}  # of the records themselves
DATE = (2, 55)  # YYYYMMDD
PROPERTIES: dict[tuple[int, int], Key] = {
    (2, 5): (DC, "title"), (2, 15): (PHOTOSHOP, "Category"), (2, 25): (DC, "subject"),
    (2, 20): (PHOTOSHOP, "SupplementalCategories"), (2, 10): (PHOTOSHOP, "Urgency"),
    (2, 40): (PHOTOSHOP, "Instructions"), DATE: (PHOTOSHOP, "DateCreated"),
    (2, 80): (DC, "creator"), (2, 85): (PHOTOSHOP, "AuthorsPosition"), (2, 90): (PHOTOSHOP, "City"),
    (2, 95): (PHOTOSHOP, "State"), (2, 101): (PHOTOSHOP, "Country"),
    (2, 103): (PHOTOSHOP, "TransmissionReference"), (2, 105): (PHOTOSHOP, "Headline"),
    (2, 110): (PHOTOSHOP, "Credit"), (2, 115): (PHOTOSHOP, "Source"), (2, 116): (DC, "rights"),
    (2, 120): (DC, "description"), (2, 122): (PHOTOSHOP, "CaptionWriter"),
}  # fmt: skip


def as_properties(iptc: bytes) -> tuple[dict[Key, list[str]], bool]:
    """The properties of XMP that say what some records say, and whether they say all of it."""
    records = list(read_records(iptc))
    is_utf_8 = (*CHARACTERS, UTF_8) in records
    said: dict[Key, list[str]] = {}
    is_all = True
    for record, number, content in records:
        key = PROPERTIES.get((record, number))
        text = _text(content, is_utf_8=is_utf_8)
        if (record, number) == DATE and text.isdigit() and len(text) == 8:
            text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        if key:
            said.setdefault(key, []).append(text)
        elif (record, number) not in UNTOLD:
            is_all = False
    return said, is_all


def _text(content: bytes, *, is_utf_8: bool) -> str:
    """UTF-8 where the records say so, or where it is; else Latin-1."""
    try:
        return content.decode("utf-8", "replace" if is_utf_8 else "strict")
    except UnicodeDecodeError:
        return content.decode("latin-1")
