"""What the ten requests share: how a refusal is told, what DNS and web servers answer, and pages with their forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import dns.message
import dns.query
import dns.rdatatype
import httpx
import pytest

from tapak.demo.walk import WalkProblem
from tapak.testing.deployment import Deployment


def refusal(act: Callable[[], object]) -> str:
    """What REST answers to an act that it refuses."""
    with pytest.raises(WalkProblem) as refused:
        act()
    return str(refused.value)


def answers(running: Deployment, name: str, kind: str = "A") -> list[str]:
    """What BIND gives for the name."""
    bind, wanted = running.stack.bind, dns.rdatatype.from_text(kind)
    asked = dns.query.udp(dns.message.make_query(name, kind), bind.address, port=bind.port, timeout=5)
    return [item.to_text() for rrset in asked.answer if rrset.rdtype == wanted for item in rrset]


def served(running: Deployment, name: str) -> int:
    """What Apache answers for the name."""
    return httpx.get(running.stack.apache.url, headers={"Host": name}, timeout=10).status_code


@contextmanager
def signed_in(running: Deployment, who: str) -> Iterator[httpx.Client]:
    """``who``'s browser."""
    with running.browser() as browser:
        browser.headers["Origin"] = f"http://{running.one.host}:{running.stack.port}"
        form = {"email": who, "password": running.passwords[who], "csrf_token": token(browser.get("/masuk").text)}
        assert browser.post("/masuk", data=form).is_redirect
        yield browser


def token(page: str) -> str:
    """What a form of the page is protected by."""
    return page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


@contextmanager
def at(running: Deployment, moment: datetime) -> Iterator[None]:
    """Pages and REST at another moment, at which everybody signs in anew."""
    with running.stack.at(moment):
        running.tokens[running.one.slug].clear()
        yield
    running.tokens[running.one.slug].clear()
