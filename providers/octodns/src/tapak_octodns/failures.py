"""What octoDNS and its providers raise, in words that an officer can act on; their own text may hold secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from octodns.provider import SupportsException

from tapak.sdk.errors import Invalid, ProviderDenied, ProviderUnavailable, TapakError

# Each provider has errors of its own; what nearly all of them say of credentials.
_DENIED = re.compile(
    r"(?i:unauthori[sz]ed|not authori[sz]ed|forbidden|permission|access denied|authentication)"
    r"|(?i:invalid (?:api )?(?:key|token))|\bREFUSED\b|\bNOTAUTH\b|\bBADKEY\b|\bBADSIG\b"
)
_DENIED_KINDS = frozenset({"PeerError", "BadSignature", "PeerBadKey", "PeerBadSignature"})


@contextmanager
def told(title: str) -> Iterator[None]:
    """Let octoDNS act; ``title`` names the wrapped provider.

    Raises:
        Invalid: the wrapped provider doesn't support what it was given.
        ProviderDenied: the server doesn't let it.
        ProviderUnavailable: anything else: whether a change was made is unknown.
    """
    try:
        yield
    except TapakError:
        raise
    except SupportsException as problem:
        raise unsupported(title) from problem
    except Exception as problem:  # a plugin of octoDNS may raise anything
        raise _translated(title, list(_chain(problem))) from problem


def unsupported(title: str) -> Invalid:
    """The wrapped provider can't have what was asked for exactly so."""
    return Invalid(f"Penyedia octoDNS {title} tidak mendukung rekaman ini.", log=f"{title}: not supported")


def _translated(title: str, chain: list[BaseException]) -> TapakError:
    kinds = " from ".join(type(each).__name__ for each in chain)
    status = next((code for each in chain if (code := _status(each))), 0)
    log = f"{title}: {kinds}" + (f", HTTP {status}" if status else "")
    network = any(isinstance(each, OSError) for each in chain)
    if status in (401, 403) or (not (status or network) and any(_denies(each) for each in chain)):
        return ProviderDenied(
            f"Server menolak penyedia octoDNS {title}; periksa parameter rahasia dan haknya atas zona ini.", log=log
        )
    return ProviderUnavailable(
        f"Penyedia octoDNS {title} gagal; dicoba lagi. Bila menetap, periksa server dan parameternya.", log=log
    )


def _denies(problem: BaseException) -> bool:
    kinds = {kind.__name__ for kind in type(problem).__mro__}
    return bool(kinds & _DENIED_KINDS or _DENIED.search(str(problem)))


def _status(problem: BaseException) -> int:
    """The HTTP status in an error of requests, httpx, or an SDK built on them."""
    found = getattr(getattr(problem, "response", problem), "status_code", 0)
    return found if isinstance(found, int) else 0


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__
