"""The server's HTTP API, and what its refusals mean in words for the officer who can act on them.

Documented at https://doc.powerdns.com/authoritative/http-api/. What differs between versions is told where it matters.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from tapak.sdk.dns.records import shown
from tapak.sdk.errors import Invalid, ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable

REACHABLE = "periksa apakah server hidup dan jaringannya terbuka"


class Refused(Exception):
    """The server understood a change and says no (422); ``told`` are its own words."""

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.told = told


class ConnectionLost(ProviderUnavailable):
    """The connection ended before the whole answer had come."""


class Client:
    """Calls of one server's API; ``timeout`` is in seconds for one answer. The key goes into a header, nowhere else."""

    def __init__(self, url: str, server: str, key: str, timeout: float) -> None:
        self.url = url.rstrip("/")
        self._base = f"{self.url}/api/v1/servers/{server}"
        self._timeout = timeout
        # No proxies of the environment and no redirects: the key goes to this server alone.
        verify = ssl.create_default_context() if self.url.startswith("https:") else False
        self._http = httpx.Client(headers={"X-API-Key": key}, trust_env=False, verify=verify)

    def get(self, path: str = "", params: Mapping[str, str] | None = None, timeout: float | None = None) -> Any:
        """What the server tells at ``path``; None where it says that there is no such thing.

        Raises:
            ProviderError: it doesn't answer, refuses the key, or tells nothing that can be read.
        """
        try:
            answer = self.call("GET", path, params=params, timeout=timeout)
        except ConnectionLost:  # the server may have ended an idle connection
            answer = self.call("GET", path, params=params, timeout=timeout)
        if answer.status_code in (404, 422):  # 4.9.0 to 4.9.11 and 5.0.0 to 5.0.1 know no 404
            return None
        try:
            return answer.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise self._broken("an answer that isn't JSON") from None

    def send(self, method: str, path: str, content: Mapping[str, Any], timeout: float | None = None) -> None:
        """Have the server change something.

        Raises:
            Refused: it doesn't take ``content``.
            ProviderError: as for :meth:`get`; whether the change was made is unknown where that is retryable.
        """
        answer = self.call(method, path, content=content, timeout=timeout)
        if answer.status_code in (400, 404, 409, 422):
            raise Refused(_told(answer))

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """One request and its whole answer; a refusal of what was asked (4xx) is the caller's to judge.

        Raises:
            ProviderError: it doesn't answer, or refuses the key.
        """
        limit = self._timeout if timeout is None else max(min(timeout, self._timeout), 0.05)
        try:
            answer = self._http.request(method, self._base + path, params=params, json=content, timeout=limit)
        except httpx.TransportError as error:
            told = f"API PowerDNS {self.url} tidak menjawab; {REACHABLE}."
            lost = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
            kind = ConnectionLost if lost else ProviderUnavailable
            raise kind(told, log=f"{self.url}: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise self._broken(type(error).__name__) from error
        return self._checked(answer)

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Taking apart what the server told.

        Raises:
            ProviderBroken: it lacks what it must have.
        """
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._broken(f"an answer of another form ({type(error).__name__})") from error

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        code = answer.status_code
        if code in (401, 403):
            told = (
                f"API PowerDNS {self.url} menolak kunci (HTTP {code}); samakan kunci API dengan api-key pada pdns.conf "
                "dan periksa webserver-allow-from."
            )
            raise ProviderDenied(told, log=f"{self.url}: HTTP {code}")
        if code >= 500:
            told = f"API PowerDNS {self.url} gagal (HTTP {code}); dicoba lagi. Bila menetap, periksa log PowerDNS."
            raise ProviderUnavailable(told, log=f"{self.url}: HTTP {code} {shown(_told(answer))}")
        if code in (200, 201, 204, 400, 404, 409, 422):
            return answer
        raise self._broken(f"HTTP {code}")

    def _broken(self, why: str) -> ProviderError:
        told = f"{self.url} menjawab, tetapi bukan sebagai API PowerDNS; periksa alamat, api=yes dan webserver=yes."
        return ProviderBroken(told, log=f"{self.url}: {why}")


def refused(problem: Refused, what: str) -> Invalid:
    """What an officer is told of a change that the server doesn't take."""
    told = f"PowerDNS menolak {what}: {shown(problem.told)}. Perbaiki nilainya."
    return Invalid(told, log=f"{what}: {shown(problem.told)}")


def _told(answer: httpx.Response) -> str:
    try:
        found = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return answer.reason_phrase
    return str(found.get("error", "")) if isinstance(found, dict) else answer.reason_phrase
