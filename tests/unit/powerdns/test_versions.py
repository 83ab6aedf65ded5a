"""What other versions than the one here answer, as their documentation and upgrade notes say.

4.9 and 5.0 told a zone that isn't there with 422 for a while; 5.0 shows records that are switched off when asked to;
5.1 gives records in other spellings and with the time of their last change.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tapak.sdk.errors import ForeignResource, ProviderBroken, ProviderDenied
from tapak.sdk.resources import RecordSet
from tapak.testing.dns_cases import create, standing
from tapak_powerdns.provider import PowerdnsProvider
from tapak_powerdns.rrsets import standing as parsed

ZONE = "example.test"
RECORD = RecordSet(ZONE, f"www.{ZONE}", "A", ("192.0.2.1",))


class Canned(ThreadingHTTPServer):
    """Answers each path with what ``answers`` holds for it; ``asked`` are the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        server: Any = self.server
        path = parts.path.removeprefix("/api/v1/servers/localhost")
        server.asked.append((path, parse_qs(parts.query)))
        status, content = server.answers.get(path, (404, {"error": "Not Found"}))
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Canned]:
    with Canned() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def provider(server: Canned) -> Iterator[PowerdnsProvider]:
    given = {"url": f"http://127.0.0.1:{server.server_address[1]}", "api_key": "kunci", "zones": [ZONE]}
    settings = PowerdnsProvider.settings_schema().load({**given, "address": "127.0.0.1", "timeout": 0.5})
    with PowerdnsProvider(settings) as provider:
        yield provider


def rrset(*contents: str, off: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    records = [{"content": content, "disabled": False, "modified_at": 1700000000} for content in contents]
    records += [{"content": content, "disabled": True} for content in off]
    return {"name": f"WWW.{ZONE}.", "type": "A", "ttl": 300, "comments": [], "records": records, **more}


@pytest.mark.parametrize("status", [404, 422])
def test_a_zone_that_is_not_there(server: Canned, provider: PowerdnsProvider, status: int) -> None:
    server.answers[f"/zones/{ZONE}."] = (status, {"error": f"Could not find domain '{ZONE}.'"})
    with pytest.raises(ProviderDenied):
        provider.read([RECORD])


def test_since_5_0_records_that_are_switched_off_are_asked_for(server: Canned, provider: PowerdnsProvider) -> None:
    zone = {"kind": "Primary", "serial": 7, "dnssec": True, "api_rectify": True}
    server.answers |= {
        "": (200, {"version": "5.0.2", "daemon_type": "authoritative"}),
        "/config/launch": (200, {"name": "launch", "value": "gpgsql"}),
        f"/zones/{ZONE}.": (200, {**zone, "rrsets": [rrset(off=("192.0.2.9",))]}),
    }
    assert standing(provider, RECORD) is None
    with pytest.raises(ForeignResource):
        create(provider, RECORD)
    assert any(query.get("include_disabled") == ["true"] for _, query in server.asked)
    assert not [path for path, _ in server.asked if path == "/search-data"]


def test_before_4_9_2_comments_of_other_names_come_along(server: Canned, provider: PowerdnsProvider) -> None:
    others = rrset(name=f"lain.{ZONE}.", comments=[{"content": "x", "account": "y", "modified_at": 1}])
    server.answers[f"/zones/{ZONE}."] = (200, {"rrsets": [others, rrset("192.0.2.1")]})
    assert standing(provider, RECORD) == RECORD


@pytest.mark.parametrize(
    ("kind", "content", "same"),
    [
        ("AAAA", "2001:DB8:0:0::1", "2001:db8::1"),
        ("TXT", '"a\\195\\169"', '"aé"'),
        ("MX", "010 MAIL.example.net.", "10 mail.example.net."),
        ("HTTPS", '1 . ipv4hint="192.0.2.1" alpn="h2"', "1 . alpn=h2 ipv4hint=192.0.2.1"),
        ("TLSA", f"3 1 1 {'AB' * 16} {'ab' * 16}", f"3 1 1 {'ab' * 32}"),
    ],
)
def test_other_spellings_are_the_same(
    server: Canned, provider: PowerdnsProvider, kind: str, content: str, same: str
) -> None:
    server.answers[f"/zones/{ZONE}."] = (200, {"rrsets": [rrset(content, type=kind)]})
    wanted = replace(RECORD, type=kind, values=(same,))
    assert standing(provider, wanted) == wanted


def test_a_content_that_can_not_be_read_is_told_as_it_is() -> None:
    found = parsed(ZONE, rrset("bukan alamat"))
    assert found.spec == replace(RECORD, values=("bukan alamat",))
    assert found.rdataset is None


@pytest.mark.parametrize("answer", [{}, {"rrsets": [{}]}, {"rrsets": [{"name": "www", "type": "A", "records": 7}]}])
def test_an_answer_that_lacks_something(server: Canned, provider: PowerdnsProvider, answer: object) -> None:
    server.answers[f"/zones/{ZONE}."] = (200, answer)
    for act in (lambda: provider.read([RECORD]), lambda: provider.zone_changes(ZONE, None)):
        with pytest.raises(ProviderBroken):
            act()


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, []), (200, b"7"), (302, b""), (418, b"")])
def test_something_else_at_that_address(server: Canned, provider: PowerdnsProvider, answer: tuple[int, object]) -> None:
    server.answers[f"/zones/{ZONE}."] = server.answers[""] = answer
    with pytest.raises(ProviderBroken):
        provider.read([RECORD])
    assert "bukan sebagai API" in provider.check()[0].message
