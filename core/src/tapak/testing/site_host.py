"""A web host as tests of sites see it: from the outside by HTTP, and by hand on its disk."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from io import BufferedRWPair
from itertools import count
from typing import Any

from tapak.sdk.provider import Action, Applied, Change, Provider
from tapak.sdk.resources import Site, Spec

TIMEOUT = 20.0

_NUMBERS = count(1)


@dataclass(frozen=True)
class Answer:
    """What the server says for one address; header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str


class SiteHost(ABC):
    """A running web server that a test may look at from the outside and touch by hand."""

    address: tuple[str, int]
    secure_address: tuple[str, int]

    @abstractmethod
    def provider(self, **settings: object) -> Provider:
        """A new connection to it, with some ``settings`` of its own; the test closes it."""

    @abstractmethod
    def plant(self, name: str) -> None:
        """Put somebody else's site there, by hand."""

    @abstractmethod
    def planted(self, name: str) -> bool:
        """Whether what :meth:`plant` made stands untouched."""

    @abstractmethod
    def put(self, name: str, file: str, content: str) -> None:
        """Put an owner's file into a site's document root."""

    @abstractmethod
    def names(self) -> Sequence[str]:
        """What there is where sites are kept, half-made things included."""

    @abstractmethod
    def break_configuration(self) -> str:
        """Put a mistake into the server's configuration by hand; gives the name of the file."""

    @abstractmethod
    def mend_configuration(self) -> None:
        """Take the mistake away."""

    @abstractmethod
    def kept_keys(self) -> Sequence[str]:
        """Files on its disk that hold a private key."""

    @abstractmethod
    def unswitch(self, name: str) -> None:
        """Take away, by hand, what makes HTTP of a mass-served site lead to HTTPS."""

    def handshake(self, name: str, authority: str) -> Answer:
        """GET the site by HTTPS, trusting ``authority`` (PEM) alone; ``text`` is the certificate's SHA-256."""
        trust = ssl.create_default_context(cadata=authority)
        with (
            socket.create_connection(self.secure_address, timeout=5) as plain,
            trust.wrap_socket(plain, server_hostname=name) as secure,
        ):
            shown = hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()
            secure.sendall(f"GET / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
            response = http.client.HTTPResponse(secure)
            response.begin()
            headers = {key.lower(): value for key, value in response.getheaders()}
            return Answer(response.status, headers, shown)

    def fetch(
        self,
        name: str,
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> Answer:
        """GET ``path`` of ``name``, or POST a ``body`` (in chunks where it comes in parts), on a new connection."""
        with closing(http.client.HTTPConnection(*self.address, timeout=5)) as connection:
            # Who refuses a body may say so, and hang up, before it was sent.
            with suppress(ConnectionError):
                how = "GET" if body is None else "POST"
                connection.request(how, path, body, {"Host": name, **(headers or {})})
            response = connection.getresponse()
            told = {key.lower(): value for key, value in response.getheaders()}
            return Answer(response.status, told, response.read().decode())

    @contextmanager
    def raw(self, name: str, path: str, headers: Mapping[str, str]) -> Iterator[BufferedRWPair]:
        """GET ``path`` of ``name`` on a connection of its own, which is given with nothing read from it."""
        lines = (f"{key}: {value}\r\n" for key, value in {"Host": name, **headers}.items())
        with (
            socket.create_connection(self.address, timeout=5) as connection,
            connection.makefile("rwb") as stream,
        ):
            stream.write(f"GET {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode())
            stream.flush()
            yield stream


def new_site(**fields: object) -> Site:
    """A site that no other test knows."""
    return replace(Site(f"situs{next(_NUMBERS)}.example.test", title="Antrean Daring", owner="Dinas Contoh"), **fields)  # type: ignore[arg-type]


def apply(
    provider: Provider, desired: Spec | None, observed: Spec | None = None, *, fence: int = 1, **given: Any
) -> Applied:
    """One change from ``observed`` to ``desired``; ``given`` are outputs of what it needs, by key."""
    spec = desired or observed
    assert spec is not None
    action: Action = "delete" if not desired else "update" if observed else "create"
    change = Change(action, spec.identity, desired, observed, given)
    (applied,) = provider.apply([change], fence=fence, timeout=TIMEOUT)
    assert applied.identity == spec.identity
    return applied


def standing(provider: Provider, site: Spec) -> Spec | None:
    """What the provider reads in its place."""
    return provider.read([site])[site.identity]


def live(provider: Provider, site: Spec, timeout: float = 5.0) -> bool:
    """Whether the provider sees it as it is to be."""
    (seen,) = provider.verify([site], timeout=timeout)
    return seen.live
