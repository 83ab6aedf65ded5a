"""Servers and processes that fail on the way to live: a clear reason, nothing lost, and on to live when mended."""

from __future__ import annotations

import base64
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import dns.tsig
import dns.update
import httpx
import pytest
import redis

from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.process import wait_until
from tapak.testing.deployment import Case, Deployment

LONG = 90.0


@dataclass(frozen=True)
class Fault:
    """A case at its provision step, and what can be done to its servers."""

    case: Case

    @property
    def deployment(self) -> Deployment:
        return self.case.deployment

    def waits_or_fails(self, key: str, code: str, state: str | None = None) -> dict[str, Any]:
        """The resource once it tells ``code``."""
        self.case.wait(lambda: self.case.resources().get(key, {}).get("reason_code") == code, f"{key}: {code}", LONG)
        row = self.case.resources()[key]
        assert row["reason"]
        assert state is None or row["state"] == state
        assert row["state"] != "live"
        return row

    def goes_live(self) -> None:
        """It becomes live, and the request ends."""
        self.case.wait(lambda: self.states() == {"live"}, "all to be live", LONG)
        self.case.take("provision")
        assert self.case.to_end()["state"] == "done"
        assert addresses(self.case) == ["127.0.0.1"]
        assert site(self.case) == 200

    def states(self) -> set[str]:
        return {row["state"] for row in self.case.resources().values()}


def addresses(case: Case) -> list[str]:
    bind = case.deployment.stack.bind
    answer = dns.query.udp(dns.message.make_query(case.name, "A"), bind.address, port=bind.port, timeout=5)
    return [item.to_text() for rrset in answer.answer for item in rrset]


def site(case: Case) -> int:
    return httpx.get(case.deployment.stack.apache.url, headers={"Host": case.name}).status_code


def by_hand(case: Case, *address: str) -> None:
    """What an operator does at the name server with a key of their own."""
    bind = case.deployment.stack.bind
    key = dns.tsig.Key(bind.key_name, bind.key_secret, bind.algorithm)
    change = dns.update.UpdateMessage(case.agency.zone, keyring=key)
    if address:
        change.replace(case.name + ".", 300, "A", *address)
    else:
        change.delete(case.name + ".", "A")
    assert dns.query.tcp(change, bind.address, port=bind.port, timeout=5).rcode() == 0


@pytest.fixture
def fault(deployment: Deployment) -> Fault:
    """An approved request whose making isn't begun yet."""
    case = deployment.case()
    case.to("provision")
    return Fault(case)


@contextmanager
def stopped(server: Any) -> Iterator[None]:
    """The server is down."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(deployment: Deployment) -> Iterator[None]:
    """BIND takes packets and answers none, so that whoever asks it is held in the middle of the work."""
    deployment.stack.bind.daemon.send(signal.SIGSTOP)
    try:
        yield
    finally:
        deployment.stack.bind.daemon.send(signal.SIGCONT)


def test_the_name_server_is_down(fault: Fault) -> None:
    with stopped(fault.deployment.stack.bind):
        fault.case.begin()
        row = fault.waits_or_fails("name", "provider_unavailable")
        assert "tidak menjawab" in row["reason"]
        assert fault.case.task()["step"] == "provision"
    fault.goes_live()


def test_the_key_is_wrong(fault: Fault) -> None:
    with fault.deployment.connected("dns", key_secret=base64.b64encode(b"another secret").decode()):
        fault.case.begin()
        row = fault.waits_or_fails("name", "provider_denied", "failed")
        assert "rahasia kunci TSIG" in row["reason"]
        assert addresses(fault.case) == []
    fault.case.retry()
    fault.goes_live()


def test_the_key_has_no_right(fault: Fault) -> None:
    stack = fault.deployment.stack
    limited = BindServer(
        stack.bind.directory, stack.zones, grants={"terbatas": f"name ns1.{fault.case.agency.zone}. A"}
    )
    limited.start()
    try:
        secret = limited.secret("terbatas")
        with fault.deployment.connected("dns", key_name="terbatas", key_secret=secret):
            fault.case.begin()
            row = fault.waits_or_fails("name", "provider_denied", "failed")
            assert "REFUSED" in row["reason"]
            assert secret not in row["reason"]
        fault.case.retry()
        fault.goes_live()
    finally:
        BindServer(stack.bind.directory, stack.zones, grants={}).start()


def test_the_name_server_never_answers(fault: Fault) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        with fault.deployment.connected("dns", port=str(hole.getsockname()[1]), timeout=0.2):
            fault.case.begin()
            row = fault.waits_or_fails("name", "provider_unavailable")
            assert "tidak menjawab" in row["reason"]
    fault.case.retry()
    fault.goes_live()


def test_the_web_server_is_down(fault: Fault) -> None:
    with stopped(fault.deployment.stack.apache):
        fault.case.begin()
        fault.case.wait(lambda: fault.case.resources()["site"]["reason_code"], "a reason", LONG)
        row = fault.case.resources()["site"]
        assert row["reason_code"] in ("provider_unavailable", "not_verified")
        assert row["reason"]
        assert addresses(fault.case) == [], "a name is made before its site is live"
    fault.goes_live()


def test_the_web_server_s_configuration_is_broken_by_hand(fault: Fault) -> None:
    """A mass-served site needs no reload: it goes live beside the broken file, which is left as it is."""
    apache = fault.deployment.stack.apache
    broken = apache.vhosts / "000-rusak.conf"
    broken.write_text("<VirtualHost *:1>\n  Nonsense yes\n")
    try:
        fault.case.begin()
        fault.goes_live()
        assert broken.read_text().startswith("<VirtualHost *:1>")
    finally:
        broken.unlink()


def test_redis_is_down_from_begin_to_end(fault: Fault) -> None:
    with stopped(fault.deployment.stack.redis):
        fault.case.begin()
        assert fault.case.request()["state"] == "in_process"
    fault.goes_live()


def test_redis_is_wiped_in_the_middle(fault: Fault) -> None:
    with redis.Redis.from_url(fault.deployment.stack.redis.url) as client, frozen(fault.deployment):
        fault.case.begin()
        fault.case.wait(lambda: fault.case.resources()["site"]["state"] == "live", "the site to be live", LONG)
        client.flushall()
    fault.goes_live()


def working(deployment: Deployment) -> list[int]:
    """The supervisor's workers."""
    supervisor = next(process for process in deployment.stack.processes() if process.name == "work")
    return [int(pid) for pid in Path(f"/proc/{supervisor.pid()}/task/{supervisor.pid()}/children").read_text().split()]


def test_every_worker_is_killed_in_the_middle(fault: Fault) -> None:
    deployment = fault.deployment
    with frozen(deployment):
        fault.case.begin()
        fault.case.wait(lambda: fault.case.resources()["site"]["state"] == "live", "the site to be live", LONG)
        killed = working(deployment)
        assert killed
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
    fault.goes_live()
    fault.case.wait(lambda: len(working(deployment)) == len(killed), "workers to be started anew")
    assert not set(working(deployment)) & set(killed)


def test_postgresql_is_restarted_in_the_middle(fault: Fault) -> None:
    deployment = fault.deployment
    with frozen(deployment):
        fault.case.begin()
        deployment.stack.postgresql.stop()
        with deployment.caller(fault.case.applicant) as caller:
            down = caller.get(f"/requests/{fault.case.request_id}")
            assert (down.status_code, down.json()["code"]) == (503, "unavailable")
            assert "coba lagi" in down.json()["detail"].lower()
        deployment.stack.postgresql.start()
    settled(fault)
    fault.goes_live()


def settled(fault: Fault) -> None:
    """Every web process has noticed that its connections are gone: each answers one 503 at most per connection."""
    with fault.deployment.caller(fault.case.applicant) as caller:
        row: list[int] = []

        def well() -> bool:
            row.append(caller.get(f"/requests/{fault.case.request_id}", headers={"Connection": "close"}).status_code)
            assert row[-1] in (200, 503)
            return row[-8:] == [200] * 8

        wait_until(well, 60, "pages to answer again")


def test_something_foreign_stands_at_the_name(fault: Fault) -> None:
    by_hand(fault.case, "192.0.2.99")
    fault.case.begin()
    row = fault.waits_or_fails("name", "foreign_resource", "failed")
    assert "192.0.2.99" in row["reason"]
    assert addresses(fault.case) == ["192.0.2.99"]
    fault.case.retry()
    fault.waits_or_fails("name", "foreign_resource", "failed")
    assert addresses(fault.case) == ["192.0.2.99"]
    by_hand(fault.case)
    fault.case.retry()
    fault.goes_live()


def test_a_failed_request_that_is_withdrawn_leaves_nothing_but_the_foreign(fault: Fault) -> None:
    by_hand(fault.case, "192.0.2.99")
    fault.case.begin()
    fault.waits_or_fails("name", "foreign_resource", "failed")
    with fault.deployment.caller(fault.case.applicant) as caller:
        answer = caller.post(f"/requests/{fault.case.request_id}/withdraw", json={"reason": "Tidak jadi"})
        assert answer.status_code == 200
    fault.case.wait(lambda: fault.states() == {"gone"}, "all to be gone", LONG)
    assert (addresses(fault.case), site(fault.case)) == (["192.0.2.99"], 404)
    by_hand(fault.case)


def test_several_requests_through_a_fault_at_once(deployment: Deployment) -> None:
    faults = [Fault(deployment.case()) for _ in range(3)]
    for fault in faults:
        fault.case.to("provision")
    with stopped(deployment.stack.bind):
        for fault in faults:
            fault.case.begin()
        faults[0].waits_or_fails("name", "provider_unavailable")
    for fault in faults:
        fault.goes_live()
