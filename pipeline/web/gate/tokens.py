"""The token that a server may ask for: where it comes from, who has it, who only guesses."""

import hashlib
import hmac
import ipaddress
import math
import secrets
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.datastructures import Headers

from basics.errors import ConfigError, Setting
from pipeline.web.limits import TOO_MANY, Refusal
from pipeline.web.visitors import read_cookie

VARIABLE = "COLORIZER_TOKEN"
COOKIE = "colorize_token"
MOST_BYTES = 4096  # of a token
WRONG_TRIES, TRY_SECONDS = 20, 60.0  # wrong tokens of one address, in so long
MOST_ADDRESSES = 10_000  # that are remembered for it
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that show nothing


class Token:
    """What a client must give.

    Attributes:
        cookie: what a browser keeps once it has given the token: random, and anew at each start.
    """

    def __init__(self, text: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a token.

        Raises:
            ConfigError: it is empty, or nothing that a client could send.
        """
        self._digest = _digest(require_token(text, Setting("token")))
        self.cookie = secrets.token_urlsafe(32)
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._clock = clock

    def admits(self, headers: Headers, address: str) -> bool:
        """Whether headers bear the cookie, or the token in any case of "Bearer".

        Raises:
            Refusal: the address has guessed too often.
        """
        given = read_cookie(headers, COOKIE)
        if hmac.compare_digest(given.encode(), self.cookie.encode()):
            return True
        scheme, _, rest = headers.get("authorization", "").strip(" \t").partition(" ")
        return scheme.lower() == "bearer" and self.is_right(rest, address)

    def is_right(self, given: str, address: str) -> bool:
        """Whether a client has given the token; a wrong one is remembered for a while.

        Args:
            given: as a form has it, or as a header has it: UTF-8 that was read as Latin-1.
            address: of the client.

        Raises:
            Refusal: the address has guessed too often; what it gave was not looked at.
        """
        network = _network(address)
        n_wrong, since = self._tries.get(network, (0, self._clock()))
        if self._clock() - since > TRY_SECONDS:
            n_wrong, since = 0, self._clock()
        if n_wrong >= WRONG_TRIES:
            fix = f"try again in {TRY_SECONDS:.0f} seconds"
            retry = math.ceil(since + TRY_SECONDS - self._clock())
            raise Refusal(
                TOO_MANY, "too many wrong tokens", "your address", fix, retry=max(1, retry)
            )
        is_right = False
        for reading in _readings(given):
            is_right |= hmac.compare_digest(_digest(reading), self._digest)
        if not is_right:
            self._tries[network] = n_wrong + 1, since
            self._tries.move_to_end(network)
            if len(self._tries) > MOST_ADDRESSES:
                self._tries.popitem(last=False)
        return is_right


def read_token(option: str | None, file: Path | None, environment: Mapping[str, str]) -> str | None:
    """The token that a server was started with; None if with none.

    Args:
        option: given on the command line, where other users of the computer see it.
        file: that has it, as a secret of a container.
        environment: which may have it as COLORIZER_TOKEN.

    Raises:
        ConfigError: two are given, it is empty, or the file cannot be read.
    """
    given = {"--token": option, "--token-file": file, VARIABLE: environment.get(VARIABLE)}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise ConfigError("a token is given twice", " and ".join(named), "give one of them")
    if not named:
        return None
    if file is not None:
        return require_token(_read_file(file), f"--token-file {file}")
    return require_token(str(given[named[0]]), Setting("token") if option is not None else VARIABLE)


def require_token(text: str, where: object) -> str:
    """A token without blanks around it.

    Raises:
        ConfigError: nothing of it can be seen, or it could not be sent.
    """
    token = text.strip()
    if not any(_shows(one) for one in token):
        fix = "give a token of some letters, or leave it out"
        raise ConfigError("an empty token would let everybody in", where, fix)
    if any(unicodedata.category(one) in ("Cc", "Cs") for one in token):
        what = "a token of several lines, or with characters that no client can send"
        raise ConfigError(what, where, "give a token of one line, in UTF-8")
    if len(token.encode()) > MOST_BYTES:
        what = f"a token of more than {MOST_BYTES} bytes"
        raise ConfigError(what, where, "give a shorter one")
    return token


def _read_file(path: Path) -> str:
    """What a file has, but for the end of its line."""
    fix = "name a file that has nothing but the token"
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 2)  # and the end of the line
    except (OSError, ValueError) as error:
        what = f"the token cannot be read: {getattr(error, 'strerror', None) or error}"
        raise ConfigError(what, f"--token-file {path}", fix) from error
    try:
        return content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError("no UTF-8", f"--token-file {path}", fix) from error


def _shows(character: str) -> bool:
    """Whether a character can be seen."""
    return unicodedata.category(character)[0] in "LNPS" and character not in BLANK


def _readings(given: str) -> list[str]:
    """What a client may have meant: always two, so that both take as long."""
    try:
        return [given, given.encode("latin-1").decode()]
    except UnicodeError:
        return [given, given]


def _digest(token: str) -> bytes:
    """As long for every token, so that a comparison tells nothing of its length."""
    plain = unicodedata.normalize("NFC", token.strip())
    return hashlib.sha256(plain.encode(errors="surrogatepass")).digest()


def _network(address: str) -> str:
    """Who is one client: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
