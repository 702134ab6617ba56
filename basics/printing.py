"""Text that others named, such as files, made safe to print."""

import unicodedata

UNSAFE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of characters, ends of lines
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str, *, keep: str = "") -> str:
    r"""The same with what would move a cursor or turn the writing shown as \n, \x1b, \u202e.

    Args:
        text: such as a file's name.
        keep: characters that stay all the same.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one in keep or not _is_unsafe(one) else _escaped(one) for one in text)


def _is_unsafe(one: str) -> bool:
    return one in TURNING or unicodedata.category(one) in UNSAFE


def _escaped(one: str) -> str:
    if "\udc80" <= one <= "\udcff":  # a byte of a name that is no UTF-8
        return f"\\x{ord(one) - 0xDC00:02x}"
    return one.encode("unicode_escape", "surrogatepass").decode("ascii")
