"""URLs that are refused, and redirects, with the client on loopback."""

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scraper.http.client import MAX_REDIRECTS
from scraper.photo_ref import Reason
from tests.scraper.clocks import QuickClock
from tests.scraper.fetching import GOOD, MAX_BYTES, MakeClient, assert_fails, get, redirect
from tests.site.server import Reply, Site


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_within_the_host_are_followed(client: MakeClient, site: Site, status: int):
    site.lasting["/from/here"] = redirect("../there?x=1", status)
    site.lasting["/there"] = GOOD
    response = client().get(f"{site.url}/from/here", max_bytes=MAX_BYTES, headers={"X-Mine": "1"})
    assert (response.content, response.url) == (b"good", f"{site.url}/there?x=1")
    assert site.requested("/there")[0].headers["x-mine"] == "1"


def test_another_host_is_refused_unless_it_is_allowed(client: MakeClient, site: Site):
    site.lasting["/one"] = redirect(f"http://localhost:{site.port}/two")
    site.lasting["/two"] = GOOD
    url = f"{site.url}/one"
    assert_fails(client(), url, Reason.REDIRECTED, "--allow-host localhost")
    assert site.requested("/two") == []
    trusting = client(allow_hosts=("localhost",))
    assert get(trusting, url, Authorization="Client-ID secret") == b"good"
    assert "authorization" in site.requested("/one")[-1].headers
    assert "authorization" not in site.requested("/two")[0].headers


def test_headers_do_not_go_to_another_port(client: MakeClient, site: Site):
    with Site() as other:
        site.lasting["/one"] = redirect(f"{other.url}/two")
        other.lasting["/two"] = GOOD
        assert get(client(), f"{site.url}/one", Authorization="Client-ID secret") == b"good"
        assert "authorization" not in other.requests[0].headers


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "//127.0.0.1.example.org/", "http://[/"]
)
def test_redirects_to_other_schemes_and_invalid_urls_are_refused(
    client: MakeClient, site: Site, target: str
):
    site.lasting["/one"] = redirect(target)
    assert_fails(client(), f"{site.url}/one", Reason.REDIRECTED, "redirected to")
    assert len(site.requests) == 1


def test_a_redirect_loop_ends(client: MakeClient, site: Site):
    site.lasting["/one"] = redirect("/two")
    site.lasting["/two"] = redirect("/one")
    assert_fails(client(), f"{site.url}/one", Reason.REDIRECTED, "more than 5 redirects")
    assert len(site.requests) == MAX_REDIRECTS + 1


def test_a_redirect_without_a_target_is_refused(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(status=302)
    assert_fails(client(), f"{site.url}/one", Reason.REFUSED, "refused: HTTP 302")


@contextmanager
def secure_site(folder: Path) -> Iterator[Site]:
    """A site by HTTPS, whose certificate lies in `folder`."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = "req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *command.split(), *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site = Site()
    site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
    with site:
        yield site


def test_https_is_never_downgraded_to_http(
    client: MakeClient, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with secure_site(tmp_path) as secure:
        url = f"https://127.0.0.1:{secure.port}"
        secure.lasting["/one"] = redirect(f"{site.url}/two")
        secure.lasting["/three"] = redirect(f"{url}/four")
        secure.lasting["/four"] = site.lasting["/two"] = GOOD
        site.lasting["/five"] = redirect(f"{url}/four")
        one = client(allow_hosts=("127.0.0.1",))
        assert_fails(one, f"{url}/one", Reason.REDIRECTED, "redirected to http://127.0.0.1")
        assert site.requests == []
        assert get(one, f"{url}/three") == b"good"
        assert get(one, f"{site.url}/five") == b"good"  # an upgrade is allowed
        site.lasting["/six"] = redirect(f"{url}/one")
        assert_fails(one, f"{site.url}/six", Reason.REDIRECTED, "redirected to http://127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "photo.jpg",
        "ftp://127.0.0.1/",
        "http://",
        "http://[",
        "http://a..b/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/\0",
    ],
)
def test_an_invalid_url_is_not_retried(client: MakeClient, clock: QuickClock, url: str):
    assert_fails(client(), url, Reason.REFUSED, "not an http or https URL")
    assert clock.slept == []
