"""What a server sends, bounded and cleaned where it enters: texts, addresses, numbers, JSON.

Every source makes its photos of `PhotoRef`, which passes its fields through here; so nothing that a
site writes reaches a file name, a table, a log or a request as it came.
"""

import json
import re
import unicodedata
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx

NAME_LENGTH, LICENCE_LENGTH, ALT_LENGTH = 200, 500, 1000  # characters; ours
URL_LENGTH = 2000  # characters; what browsers and servers agree on
ID = re.compile("[A-Za-z0-9_-]{1,64}")
DIGITS = 15  # of a whole number that is read; one of more is none
EXPANDS = 4  # characters that are looked at for each one that is kept
WIDE = "\uff1d\uff0b\uff0d\uff20"  # the full-width =, +, -, @, which Excel takes for the others
FORMULA = f"=+-@\t\r\n{WIDE}"  # with these a spreadsheet's formula begins
QUOTE = "'"  # before such a cell: the spreadsheet shows the text


def clean_text(value: object, length: int) -> str:
    """A text on one line, without what cannot be seen or stored; "" of what is no text.

    White space is collapsed; control and format characters (C0, C1, NUL, zero-width, marks that
    turn the direction of writing) are left out; a lone surrogate becomes U+FFFD; what is longer
    than `length` characters is cut, and ends with an ellipsis.
    """
    if not isinstance(value, str):
        return ""
    seen = value[: EXPANDS * length]
    kept = "".join(map(_kept, seen))
    text = " ".join(kept.split())
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _kept(character: str) -> str:
    kind = unicodedata.category(character)
    if character.isspace() or kind in ("Zl", "Zp"):
        return " "
    return {"Cc": "", "Cf": "", "Cs": "\ufffd"}.get(kind, character)


def clean_url(value: object) -> str:
    """An absolute http or https address, as it came; "" of anything else."""
    return value if isinstance(value, str) and split_http(value) is not None else ""


def split_http(url: str) -> SplitResult | None:
    """The parts of an absolute http or https address; None where it cannot be requested.

    Refused: another scheme, no host or one that no name server can be asked for, a port out of
    range, a user's name or password, control characters, and more than `URL_LENGTH` characters.
    """
    if len(url) > URL_LENGTH or any(_kept(one) != one for one in url):
        return None
    try:
        parts = urlsplit(url)
        httpx.URL(url)
        host = (parts.hostname or "").encode("idna")  # as the DNS lookup will
        sound = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return None
    return parts if sound and parts.username is None and parts.password is None else None


def count_of(value: object) -> int | None:
    """A whole number of at most `DIGITS` digits, or these digits; None of anything else."""
    if isinstance(value, str):
        plain = value.isascii() and value.isdecimal() and len(value) <= DIGITS
        value = int(value) if plain else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 10**DIGITS else None


def read_json(content: bytes) -> Any:
    """JSON of a server; bytes that are no UTF-8 become U+FFFD, numbers of no use None.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    text = content.decode("utf-8-sig", errors="replace")
    return json.loads(text, parse_int=_whole, parse_constant=_none)


def _whole(digits: str) -> int | None:
    """Python refuses to read a number of thousands of digits; one such is no reason to stop."""
    return int(digits) if len(digits) <= DIGITS else None


def _none(_: str) -> None:
    """NaN and Infinity are no JSON."""


def as_cell(text: str) -> str:
    """A text as a cell of a table: one that a spreadsheet would calculate gets a quote in front.

    Source: OWASP, "CSV Injection".
    """
    return f"{QUOTE}{text}" if _is_formula(text) else text


def from_cell(cell: str) -> str:
    """The text of a cell: the inverse of `as_cell`."""
    return cell[1:] if cell.startswith(QUOTE) and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    """Whether it begins as a formula, behind any quotes: `'=` is quoted as well, to come back."""
    return text.lstrip(QUOTE)[:1] in tuple(FORMULA)
