"""The one class that talks to Cloudflare: through its SDK, answers as plain JSON, errors as ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import cloudflare

from tapak_cloudflare import failures

# As many as one answer may hold with ease; the default of the API is 100.
PAGE = 5000

Record = Mapping[str, Any]


class CloudflareClient:
    """Requests under one token; ``timeout`` is in seconds, for each.

    Nothing is tried again here: what a lost answer means only who reads what stands can tell.
    """

    def __init__(self, token: str, api_url: str, timeout: float) -> None:
        self._timeout = timeout
        # The SDK's typed results take ten times as long as its raw answers, for records that are parsed anyway.
        self._api: Any = cloudflare.Cloudflare(api_token=token, base_url=api_url, timeout=timeout, max_retries=0)

    def zone(self, name: str) -> Mapping[str, Any]:
        """The zone ``name`` as the API tells it: ``id``, ``status``, ``name_servers``, ``permissions``.

        Raises:
            ProviderBroken: there is none, or the token doesn't see it.
            ProviderError: as for :meth:`send`.
        """
        told = self._ask(self._api.zones.with_raw_response.list, name=name)
        found: Mapping[str, Any] | None = next((zone for zone in told["result"] if zone["name"] == name), None)
        if found is None:
            raise failures.no_zone(name)
        return found

    def records(self, zone_id: str, name: str | None = None) -> Iterator[Record]:
        """Every record of a zone, or of one name in it.

        Raises:
            ProviderError: as for :meth:`send`.
        """
        where = {"name": {"exact": name}} if name is not None else {}
        page, seen = 1, 0
        while True:
            listing = self._api.dns.records.with_raw_response.list
            told = self._ask(listing, zone_id=zone_id, page=page, per_page=PAGE, order="name", **where)
            yield from told["result"]
            seen += len(told["result"])
            if not told["result"] or seen >= told["result_info"]["total_count"]:
                return
            page += 1

    def count(self, zone_id: str) -> int:
        """How many records a zone holds.

        Raises:
            ProviderError: as for :meth:`send`.
        """
        listing = self._api.dns.records.with_raw_response.list
        told = self._ask(listing, zone_id=zone_id, page=1, per_page=5)
        return int(told["result_info"]["total_count"])

    def batch(
        self,
        zone_id: str,
        *,
        deletes: Sequence[Record],
        puts: Sequence[Record],
        posts: Sequence[Record],
        timeout: float,
    ) -> None:
        """Delete, replace and add records in one transaction, in this order.

        Raises:
            Contested: one exists already, or isn't there any more; nothing was done.
            ProviderError: as for :meth:`send`.
        """
        batching = self._api.dns.records.with_raw_response.batch
        wanted = {"deletes": deletes, "puts": puts, "posts": posts}
        told = {name: list(records) for name, records in wanted.items() if records}
        self.send(batching, zone_id=zone_id, timeout=min(timeout, self._timeout), **told)

    def send(self, call: Callable[..., Any], **arguments: Any) -> Mapping[str, Any]:
        """One request; the answer's JSON.

        Raises:
            Limited: too many requests.
            ProviderUnavailable: no answer, or one that can't be read; it may have been carried out.
            ProviderDenied: the token is refused.
            ProviderError: anything else that Cloudflare says no to.
        """
        try:
            told: Mapping[str, Any] = json.loads(call(**arguments).http_response.content)
            if not isinstance(told["success"], bool) or not told["success"]:
                raise failures.refused(200, _codes(told))
        except cloudflare.RateLimitError as error:
            raise failures.Limited(_seconds(error.response.headers.get("retry-after", ""))) from None
        except cloudflare.APITimeoutError:
            raise failures.silent("no answer in time") from None
        except cloudflare.APIConnectionError as error:
            raise failures.silent(type(error.__cause__).__name__, failures.Dropped) from None
        except cloudflare.APIStatusError as error:
            raise failures.refused(error.status_code, _codes(error.body)) from None
        except (cloudflare.CloudflareError, ValueError, LookupError, TypeError) as error:
            raise failures.silent(type(error).__name__) from None
        return told

    def _ask(self, call: Callable[..., Any], **arguments: Any) -> Mapping[str, Any]:
        """A reading: once more where a kept connection turns out to have ended."""
        try:
            return self.send(call, **arguments)
        except failures.Dropped:
            return self.send(call, **arguments)

    def close(self) -> None:
        """End the connections."""
        self._api.close()


def _codes(body: object) -> list[int]:
    errors = body.get("errors") if isinstance(body, Mapping) else None
    return [each["code"] for each in errors or () if isinstance(each, Mapping) and isinstance(each.get("code"), int)]


def _seconds(header: str) -> float | None:
    return float(header) if header.isascii() and header.isdecimal() else None
