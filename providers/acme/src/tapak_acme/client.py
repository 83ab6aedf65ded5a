"""One account at one authority: the acme library, with polling of our own and errors in words.

The library waits at least a second between two looks (its ``poll_authorizations`` and ``poll_finalization``); an
authority that is near answers within milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import josepy
import requests
from acme import challenges, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography.hazmat.primitives.asymmetric import ec

from tapak.sdk.errors import ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable

FIRST_PAUSE = 0.025
LONGEST_PAUSE = 1.0
# Order of NIST P-256 (FIPS 186-5); a derived private key lies below it.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
AGENT = "tapak-acme/0.1"
T = TypeVar("T")


class AcmeClient:
    """Orders certificates as the account of ``settings``; its first act looks the account up, or makes it."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._known: ClientV2 | None = None
        self._roots = ""

    def order(self, csr: bytes, deadline: float) -> messages.OrderResource:
        """A new order for the names in ``csr`` (PEM), with its authorizations."""
        return self._act(lambda client: client.new_order(csr), deadline)

    def challenge(self, authorization: messages.AuthorizationResource) -> tuple[messages.ChallengeBody, str]:
        """The DNS-01 challenge of an authorization, and the value that its TXT record is to have.

        Raises:
            ProviderDenied: the authority offers none.
        """
        for each in authorization.body.challenges:
            if isinstance(each.chall, challenges.DNS01):
                return each, each.validation(self._key)
        name = authorization.body.identifier.value
        raise ProviderDenied(f"Penerbit tidak menawarkan DNS-01 untuk {name}.", log=f"no dns-01 challenge for {name}")

    def answer(self, body: messages.ChallengeBody, deadline: float) -> None:
        """Tell the authority that the record stands."""
        self._act(lambda client: client.answer_challenge(body, body.response(self._key)), deadline)

    def await_valid(self, authorization: messages.AuthorizationResource, deadline: float) -> None:
        """Until the authority has seen the record.

        Raises:
            ProviderDenied: it saw something else.
            ProviderUnavailable: it didn't look in time.
        """
        name = authorization.body.identifier.value
        for _ in _looks(deadline, f"validation of {name}"):
            seen, _response = self._act(lambda client: client.poll(authorization), deadline)
            if seen.body.status == messages.STATUS_VALID:
                return
            if seen.body.status == messages.STATUS_INVALID:
                _refused(name, [each.error for each in seen.body.challenges if each.error])

    def finalize(self, order: messages.OrderResource, deadline: float) -> str:
        """The certificate with its chain, as PEM.

        Raises:
            ProviderDenied: the authority refuses to issue it.
            ProviderUnavailable: it didn't in time.
        """
        self._act(lambda client: client.begin_finalization(order), deadline)
        for _ in _looks(deadline, "the certificate"):
            body = messages.Order.from_json(self._read(order.uri, deadline).json())
            if body.status == messages.STATUS_VALID and body.certificate:
                return self._read(body.certificate, deadline).text
            if body.status == messages.STATUS_INVALID:
                _refused("pesanan ini", [body.error] if body.error else [])
        raise AssertionError("looking ends by an answer or an error")

    def close(self) -> None:
        """End connections."""
        if self._known is not None:
            self._known.net.session.close()
        self._known = None
        if self._roots:
            Path(self._roots).unlink(missing_ok=True)
            self._roots = ""

    def directory(self, deadline: float) -> messages.Directory:
        """What the authority offers; the account is there then."""
        return self._act(lambda client: client.directory, deadline)

    @property
    def _key(self) -> josepy.JWKEC:
        return account_key(self._settings["account_secret"])

    def _read(self, url: str, deadline: float) -> requests.Response:
        """POST-as-GET (RFC 8555 section 6.3)."""
        return self._act(
            lambda client: client.net.post(url, None, new_nonce_url=client.directory["newNonce"]), deadline
        )

    def _act(self, act: Callable[[ClientV2], T], deadline: float) -> T:
        left = deadline - time.monotonic()
        if left <= 0:
            raise _late("an answer")
        with _told(self._settings["directory"]):
            client = self._client(left)
            client.net._default_timeout = min(left, self._settings["timeout"])
            return act(client)

    def _client(self, left: float) -> ClientV2:
        if self._known is None:
            timeout = min(left, self._settings["timeout"])
            net = ClientNetwork(
                self._key, alg=josepy.ES256, user_agent=AGENT, verify_ssl=self._trusted(), timeout=timeout
            )
            client = ClientV2(ClientV2.get_directory(self._settings["directory"], net), net)
            self._sign_in(client)
            self._known = client
        return self._known

    def _sign_in(self, client: ClientV2) -> None:
        email = self._settings["email"] or None
        wanted = messages.NewRegistration.from_data(email=email, terms_of_service_agreed=True)
        try:
            client.new_account(wanted)
        except errors.ConflictError as known:
            client.net.account = messages.RegistrationResource(uri=known.location, body=messages.Registration())

    def _trusted(self) -> Any:
        """What requests takes as ``verify``: a file, since it knows no other way to name authorities."""
        if not self._settings["authorities"]:
            return True
        if not self._roots:
            handle, self._roots = tempfile.mkstemp(suffix=".pem")
            with os.fdopen(handle, "w") as stream:
                stream.write(self._settings["authorities"])
        return self._roots


def account_key(secret: str) -> josepy.JWKEC:
    """The account's key: P-256, derived from ``secret`` by HMAC-SHA-512 (RFC 2104), so that nothing else is kept."""
    digest = hmac.digest(secret.encode(), b"tapak acme account key", hashlib.sha512)
    return josepy.JWKEC(key=ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1()))


def _looks(deadline: float, what: str) -> Iterator[None]:
    """Turns of polling, from 25 ms ever more slowly to a second.

    Raises:
        ProviderUnavailable: the deadline passed.
    """
    pause = FIRST_PAUSE
    while True:
        yield
        left = deadline - time.monotonic()
        if left <= 0:
            raise _late(what)
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE)


@contextmanager
def _told(directory: str) -> Iterator[None]:
    """The library's errors as the contract's; nothing of a request is in them."""
    try:
        yield
    except (messages.Error, errors.Error) as error:
        raise _problem(error) from None
    except (requests.RequestException, OSError) as error:
        raise ProviderUnavailable(
            "Penerbit sertifikat tidak menjawab; dicoba lagi.", log=f"{directory}: {type(error).__name__}"
        ) from None
    except (ValueError, KeyError, josepy.errors.Error) as error:
        raise ProviderBroken(
            "Jawaban penerbit sertifikat tidak dapat dibaca. Periksa alamat direktorinya.",
            log=f"{directory}: {type(error).__name__}",
        ) from None


def _problem(error: messages.Error | errors.Error) -> ProviderError:
    if not isinstance(error, messages.Error):
        return ProviderBroken(
            "Penerbit sertifikat menjawab tidak semestinya. Periksa alamat direktorinya.", log=type(error).__name__
        )
    code, detail = error.code or "unknown", str(error.detail or "")[:200]
    if code in ("serverInternal", "badNonce"):
        return ProviderUnavailable("Penerbit sertifikat sedang terganggu; dicoba lagi.", log=f"{code}: {detail}")
    if code == "rateLimited":
        told = "Batas permintaan pada penerbit sertifikat tercapai; dicoba lagi besok."
        return ProviderDenied(told, log=f"{code}: {detail}")
    return ProviderDenied(f"Penerbit sertifikat menolak ({code}): {detail}", log=f"{code}: {detail}")


def _refused(name: str, found: list[messages.Error]) -> NoReturn:
    told = "; ".join(f"{each.code}: {str(each.detail or '')[:200]}" for each in found) or "tanpa keterangan"
    raise ProviderDenied(f"Penerbit sertifikat menolak {name}: {told}", log=f"refused {name}: {told}")


def _late(what: str) -> ProviderUnavailable:
    return ProviderUnavailable("Penerbit sertifikat belum selesai; dicoba lagi.", log=f"no {what} in time")
