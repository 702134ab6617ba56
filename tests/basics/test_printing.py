import pytest

from basics.errors import DataError
from basics.printing import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain.jpg", "plain.jpg"),
        ("ünïcode 😀.jpg", "ünïcode 😀.jpg"),
        ("two\nlines", r"two\nlines"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x7f\x9b", r"\x7f\x9b"),
        ("a\u202egpj.exe", r"a\u202egpj.exe"),
        ("byte \udcff", r"byte \xff"),
        ("half \ud83d", r"half \ud83d"),
        ("line\u2028end", r"line\u2028end"),
    ],
)
def test_what_would_move_a_cursor_is_shown_instead(text, shown):
    assert printable(text) == shown
    assert printable(f"{text}\n", keep="\n") == f"{printable(text, keep=chr(10))}\n"


def test_a_name_cannot_forge_the_lines_of_an_error():
    error = DataError("damaged", "a\n  fix: \x1b[2Jnone", "get it anew")
    assert str(error) == "damaged\n  where: a\\n  fix: \\x1b[2Jnone\n  fix: get it anew"
