"""Errors that speak to the person who can act.

``message`` is shown on the screen in Indonesian; ``log`` goes to the logs in English; ``code`` is the same in both.
Neither holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class TapakError(Exception):
    """Something the user or an operator can act on.

    ``fields`` maps a field's name to what is wrong with it, in Indonesian.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, log: str = "", fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(log or message)
        self.message = message
        self.log = log or message
        self.fields: dict[str, list[str]] = {name: list(told) for name, told in (fields or {}).items()}


class NotFound(TapakError):
    """The thing doesn't exist for this tenant and this person; which of the two is not told."""

    code = "not_found"
    status = 404


class SignInNeeded(TapakError):
    """Nobody is signed in, or the session has ended."""

    code = "sign_in_needed"
    status = 401


class Forbidden(TapakError):
    """The person is known and may not do this."""

    code = "forbidden"
    status = 403


class Conflict(TapakError):
    """Somebody else acted first, or the state no longer allows the act."""

    code = "conflict"
    status = 409


class Stale(Conflict):
    """The version that the person saw is no longer the current one."""

    code = "stale"


class PreconditionRequired(TapakError):
    """The caller didn't say which version was seen, so that its act could undo somebody else's unseen (RFC 6585)."""

    code = "precondition_required"
    status = 428


class Invalid(TapakError):
    """Input that breaks a rule; ``fields`` says which."""

    code = "invalid"
    status = 422


def flat_messages(messages: Mapping[Any, Any]) -> dict[str, list[str]]:
    """What marshmallow found wrong, flat by field, as ``Invalid.fields`` wants it."""
    return {str(name): _lines(told) for name, told in messages.items()}


def _lines(told: Any) -> list[str]:
    if isinstance(told, Mapping):
        return [line for item in told.values() for line in _lines(item)]
    return [str(line) for line in told] if isinstance(told, list) else [str(told)]


class MissingInput(Invalid):
    """A step was to be finished without a required input (kelengkapan); ``fields`` names each one."""

    code = "missing_input"


class TooLarge(TapakError):
    """A file or a field is over its limit."""

    code = "too_large"
    status = 413


class TooMany(TapakError):
    """Asked too often; the same may go through in a minute."""

    code = "too_many"
    status = 429


class Unavailable(TapakError):
    """A part of the product itself doesn't answer now; nothing was kept, and the same may go through later."""

    code = "unavailable"
    status = 503


class StorageFull(TapakError):
    """The server can't store what was sent; nothing of it was kept."""

    code = "storage_full"
    status = 507


class ProviderError(TapakError):
    """A server behind a provider did not do what was asked.

    ``retryable`` says whether the same call may go through later without anybody changing anything.
    """

    code = "provider_error"
    status = 502
    retryable: ClassVar[bool] = False


class ProviderUnavailable(ProviderError):
    """No answer, a time-out or a refused connection: tried again by itself."""

    code = "provider_unavailable"
    retryable = True


class ProviderDenied(ProviderError):
    """The server knows us and says no (wrong key, REFUSED, missing right): an operator must act."""

    code = "provider_denied"


class ProviderBroken(ProviderError):
    """The server's own configuration doesn't hold; ours was put back as it was."""

    code = "provider_broken"


class ForeignResource(ProviderError):
    """Something that isn't ours stands where ours should go; it is left alone until an officer adopts it."""

    code = "foreign_resource"


class ChangedMeanwhile(ProviderError):
    """What was read is no longer what stands there (a prerequisite failed): read again, then decide."""

    code = "changed_meanwhile"
    retryable = True


class StaleFence(ProviderError):
    """A worker that woke after its lease had ended was turned away."""

    code = "stale_fence"
