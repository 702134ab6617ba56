"""A token: where it comes from, how a client gives it, how long somebody may guess."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from basics.errors import ConfigError
from pipeline.web.gate.tokens import COOKIE, TRY_SECONDS, WRONG_TRIES, Token, read_token
from pipeline.web.limits import Refusal

HOME = "192.0.2.1"
EMPTY = ["", " ", "\n", "\t \r\n", "\u200b", "\ufeff\u200d", "\u2060 \u00ad", "\x00\x01\x7f",
         "\u3164", "\u2800", "\u0301", "\u00a0\u2003"]  # fmt: skip
SENDABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"])).map("a{}".format)


def headers(*, bearer: str | bytes | None = None, scheme: bytes = b"Bearer", cookie: str = ""):
    """As a server gets them: bytes, which are read as Latin-1."""
    raw = []
    if bearer is not None:
        token = bearer.encode() if isinstance(bearer, str) else bearer
        raw.append((b"authorization", scheme + b" " + token))
    if cookie:
        raw.append((b"cookie", cookie.encode()))
    return Headers(raw=raw)


@pytest.mark.parametrize("text", EMPTY, ids=ascii)
def test_a_token_of_which_nothing_is_seen_is_none(text):
    with pytest.raises(ConfigError, match="an empty token would let everybody in"):
        Token(text)


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\ud800"], ids=ascii)
def test_a_token_that_no_client_can_send_is_refused(text):
    with pytest.raises(ConfigError, match="of several lines, or with characters"):
        Token(text)


@given(text=SENDABLE)
def test_every_other_token_admits_who_has_it_and_nobody_else(text):
    token = Token(text)
    for scheme in (b"Bearer", b"bearer", b"BEARER", b"bEaReR  "):
        assert token.admits(headers(bearer=text, scheme=scheme), HOME)
    assert not token.admits(headers(bearer=text + "x"), HOME)
    assert not token.admits(headers(bearer=text, scheme=b"Basic"), HOME)
    assert token.is_right(text, HOME)
    assert not token.admits(headers(), HOME)


def test_a_token_is_known_however_a_client_writes_its_letters():
    token = Token("caf\u00e9")
    for sent in ("caf\u00e9", "cafe\u0301", "caf\u00e9".encode("latin-1")):
        assert token.admits(headers(bearer=sent), HOME)
    assert not token.admits(headers(bearer="cafe"), HOME)


@pytest.mark.parametrize("sent", [b"", b"\xff\xfe", b"Bearer secret", b"secre", b"a" * 9000])
def test_what_is_no_token_admits_nobody(sent):
    assert not Token("secret").admits(headers(bearer=sent), HOME)


def test_the_cookie_admits_and_is_not_the_token():
    token, other = Token("secret"), Token("secret")
    assert token.admits(headers(cookie=f"a=b; {COOKIE}={token.cookie}"), HOME)
    for cookie in (
        f"{COOKIE}=secret",
        f"{COOKIE}={other.cookie}",
        COOKIE,
        "=;=",
        f"{COOKIE}=\u00fc",
    ):
        assert not token.admits(headers(cookie=cookie), HOME)


def test_who_guesses_is_stopped_for_a_while_and_nobody_else():
    now = [0.0]
    token = Token("secret", clock=lambda: now[0])
    for n in range(WRONG_TRIES):
        assert not token.is_right(f"guess {n}", HOME)
    for guess in ("another", "secret"):
        now[0] += 0.6
        with pytest.raises(Refusal, match="too many wrong tokens") as refused:
            token.is_right(guess, HOME)
    assert refused.value.retry == TRY_SECONDS - 1
    assert token.admits(headers(cookie=f"{COOKIE}={token.cookie}"), HOME)
    assert token.is_right("secret", "192.0.2.2")
    now[0] = TRY_SECONDS + 1
    assert token.is_right("secret", HOME)


def test_a_network_of_ipv6_is_one_who_guesses():
    token = Token("secret")
    for n in range(WRONG_TRIES):
        assert not token.is_right("guess", f"2001:db8::{n:x}")
    with pytest.raises(Refusal, match="too many wrong tokens"):
        token.is_right("guess", "2001:db8::ffff")
    assert not token.is_right("guess", "2001:db8:1::")
    assert not token.is_right("guess", "no address")


def write(folder: Path, content: bytes) -> Path:
    path = folder / "token.txt"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [b"s \xc3\xa9", b"s \xc3\xa9\n", b"\xef\xbb\xbfs \xc3\xa9\r\n"])
def test_a_file_has_the_token_and_the_end_of_its_line(tmp_path, content):
    assert read_token(None, write(tmp_path, content), {}) == "s \u00e9"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty token"),
        (b"\n", "an empty token"),
        (b"\xff\xfe", "no UTF-8"),
        (b"a\nb\n", "a token of several lines"),
        (b"a" * 100_000, "a token of more than 4096 bytes"),
    ],
)
def test_a_file_that_has_no_token_is_told(tmp_path, content, what):
    path = write(tmp_path, content)
    with pytest.raises(ConfigError, match=what) as told:
        read_token(None, path, {})
    assert told.value.where == f"--token-file {path}"


@pytest.mark.parametrize("name", ["missing", ".", "a\0b"], ids=ascii)
def test_a_file_that_cannot_be_read_is_told(tmp_path, name):
    with pytest.raises(ConfigError, match="the token cannot be read"):
        read_token(None, tmp_path / name, {})


def test_one_source_is_enough(tmp_path):
    variable = {"COLORIZER_TOKEN": "c"}
    assert read_token("a", None, {}) == "a"
    assert read_token(None, None, variable) == "c"
    assert read_token(None, None, {}) is None
    for option, file, environment in (
        ("a", write(tmp_path, b"b"), {}),
        ("a", None, variable),
        (None, write(tmp_path, b"b"), variable),
    ):
        with pytest.raises(ConfigError, match="a token is given twice"):
            read_token(option, file, environment)
    with pytest.raises(ConfigError, match="an empty token"):
        read_token(None, None, {"COLORIZER_TOKEN": ""})
