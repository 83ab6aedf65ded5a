"""A service's resources are brought about in order, once, and never over somebody else's."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tapak.config import Config
from tapak.db.wake import take_lease
from tapak.documents.store import DocumentStore
from tapak.jobs.handlers import HANDLERS
from tapak.jobs.tools import Tools
from tapak.provisioning import service as acts
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.reconciler import LeaseLost, Timing
from tapak.sdk.errors import Conflict, ProviderDenied, ProviderUnavailable
from tapak.sdk.resources import DesiredResource, RecordSet, Site

from .conftest import ADDRESS, NAME, SITE, ZONE, World, name

RECORD = f"{NAME}/A"


@dataclass
class Officer:
    account_id: int | None = None
    name: str = "Petugas"


OFFICER = Officer()


def failing(act: str, problem: Exception, times: int = 1000) -> Callable[[str], None]:
    """Raise ``problem`` the first ``times`` that a server is asked to do ``act``."""
    left = [times]

    def before(asked: str) -> None:
        if asked == act and left[0]:
            left[0] -= 1
            raise problem

    return before


def unavailable() -> ProviderUnavailable:
    return ProviderUnavailable("Server tidak menjawab.", log="no answer")


def test_brings_site_and_name_live_in_the_order_of_needs(world: World) -> None:
    world.declare(SITE, name())
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert world.web.standing == {NAME: SITE.spec}
    assert world.dns.standing == {RECORD: name().spec}
    assert world.journal(NAME) == world.journal(RECORD) == ["intent", "applied", "verified"]
    assert world.service().state == "live"
    assert world.service().live_at is not None
    assert world.held() == {NAME: "live"}
    assert world.events() == ["service.live"]
    assert not world.pending()


def test_the_name_is_not_made_before_the_site_answers(world: World) -> None:
    world.web.unseen.add(NAME)
    world.declare(SITE, name())
    world.work()
    assert world.states() == {"site": "verifying", "name": "planned"}
    assert not world.dns.standing
    assert "menjawab kosong" in world.resources()[NAME].reason
    world.web.unseen.clear()
    world.do(acts.retry, world.service_id)
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert world.journal(NAME) == ["intent", "applied", "verified"]


def test_declaring_the_same_again_changes_nothing(world: World) -> None:
    world.declare(SITE, name())
    world.work()
    world.declare(SITE, name())
    world.work()
    assert [row.generation for row in world.resources().values()] == [1, 1]
    assert len(world.web.acts) == len(world.dns.acts) == 1
    assert world.service().state == "live"


def test_a_changed_spec_is_a_new_generation(world: World) -> None:
    world.declare(SITE, name())
    world.work()
    world.declare(SITE, name("192.0.2.11"))
    assert world.service().state == "provisioning"
    world.work()
    row = world.resources()[RECORD]
    assert (row.generation, row.observed_generation, row.state) == (2, 2, "live")
    assert world.dns.acts == [("create", RECORD), ("update", RECORD)]


def test_a_foreign_record_is_left_alone(world: World) -> None:
    foreign = RecordSet(ZONE, NAME, "A", ("198.51.100.1",))
    world.dns.standing[RECORD] = foreign
    world.declare(SITE, name())
    world.work()
    row = world.resources()[RECORD]
    assert (row.state, row.reason_code) == ("failed", "foreign_resource")
    assert row.reason.startswith(f"{NAME} (A) sudah ada") and "198.51.100.1" in row.reason
    assert world.dns.standing == {RECORD: foreign}
    assert world.service().state == "failed"
    assert world.events() == ["resource.failed"]
    assert not world.pending()


def test_an_identical_foreign_record_is_not_ours_either(world: World) -> None:
    world.dns.standing[RECORD] = name().spec
    world.declare(SITE, name())
    world.work()
    assert world.resources()[RECORD].reason_code == "foreign_resource"
    world.do(acts.withdraw, world.service_id)
    world.work()
    assert world.dns.standing == {RECORD: name().spec}
    assert not world.web.standing


def test_a_foreign_record_that_comes_between_reading_and_writing_is_left_alone(world: World) -> None:
    foreign = RecordSet(ZONE, NAME, "A", ("198.51.100.1",))

    def before(act: str) -> None:
        if act == "apply":
            world.dns.standing[RECORD] = foreign

    world.dns.before = before
    world.declare(SITE, name())
    world.work()
    assert world.resources()[RECORD].reason_code == "changed_meanwhile"
    world.do(acts.retry, world.service_id)
    world.work()
    assert world.resources()[RECORD].reason_code == "foreign_resource"
    assert world.dns.standing == {RECORD: foreign}


def test_an_officer_adopts_a_foreign_record(world: World) -> None:
    world.dns.standing[RECORD] = RecordSet(ZONE, NAME, "A", ("198.51.100.1",))
    world.declare(SITE, name())
    world.work()
    world.do(acts.adopt, world.resources()[RECORD].id, OFFICER)
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert world.dns.standing == {RECORD: name().spec}
    assert world.journal(RECORD) == ["failed", "adopted", "intent", "applied", "verified"]
    assert not world.resources()[RECORD].override
    with pytest.raises(Conflict):
        world.do(acts.adopt, world.resources()[RECORD].id, OFFICER)


def test_a_change_by_hand_is_not_overwritten_by_a_new_generation(world: World) -> None:
    world.declare(SITE, name())
    world.work()
    by_hand = RecordSet(ZONE, NAME, "A", ("198.51.100.9",))
    world.dns.standing[RECORD] = by_hand
    world.declare(SITE, name("192.0.2.11"))
    world.work()
    row = world.resources()[RECORD]
    assert (row.state, row.reason_code) == ("failed", "drifted")
    assert row.drift is not None and row.drift["observed"]["values"] == ["198.51.100.9"]
    assert world.dns.standing == {RECORD: by_hand}
    world.do(acts.repair, row.id, OFFICER)
    world.work()
    assert world.dns.standing == {RECORD: name("192.0.2.11").spec}
    assert world.resources()[RECORD].drift is None
    assert world.service().state == "live"


def test_what_passes_by_itself_is_tried_again_later_with_its_reason_shown(world: World) -> None:
    world.dns.before = failing("apply", unavailable(), times=1)
    world.declare(SITE, name())
    world.work()
    assert world.states() == {"site": "live", "name": "applying"}
    assert world.resources()[RECORD].reason == "Server tidak menjawab."
    (pending,) = world.pending()
    assert pending.problem == "provider_unavailable: no answer"
    assert pending.lease_until is None
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert world.resources()[RECORD].reason == ""
    assert world.journal(RECORD) == ["intent", "applied", "verified"]


def test_back_off_grows(world: World) -> None:
    world.web.before = failing("read", unavailable())
    world.declare(SITE)
    waits = []
    for _ in range(4):
        world.work()
        (pending,) = world.pending()
        changed = world.resources()[NAME].changed_at
        waits.append((pending.next_at - changed).total_seconds())
    assert waits == pytest.approx([0.5, 1, 2, 4], abs=0.2)


def test_what_does_not_pass_stands_as_failed_until_somebody_retries(world: World) -> None:
    world.dns.before = failing("apply", ProviderDenied("Kunci ditolak.", log="refused"), times=1)
    world.declare(SITE, name())
    world.work()
    assert world.states() == {"site": "live", "name": "failed"}
    assert world.service().state == "failed"
    assert not world.pending()
    world.do(acts.retry, world.service_id)
    world.work()
    assert world.states() == {"site": "live", "name": "live"}


def test_a_half_made_service_is_withdrawn_and_everything_released(world: World) -> None:
    world.dns.before = failing("apply", ProviderDenied("Kunci ditolak.", log="refused"))
    world.declare(SITE, name())
    world.work()
    world.do(acts.withdraw, world.service_id)
    world.work()
    assert not world.web.standing
    assert world.states() == {}
    assert world.service().state == "ended"
    assert world.held() == {}
    assert not world.pending()


def test_removal_goes_backwards_and_rests_a_name_that_was_published(world: World) -> None:
    order: list[str] = []
    world.declare(SITE, name())
    world.work()
    for server, told in ((world.dns, "name"), (world.web, "site")):
        server.before = lambda act, told=told: order.append(told) if act == "apply" else None
    world.do(acts.withdraw, world.service_id)
    world.work()
    assert order == ["name", "site"]
    assert world.held() == {NAME: "quarantined"}
    assert world.events() == ["service.live", "service.ended"]


def test_a_site_stays_while_its_name_can_not_be_removed(world: World) -> None:
    world.declare(SITE, name())
    world.work()
    world.dns.before = failing("apply", unavailable(), times=1)
    world.do(acts.withdraw, world.service_id)
    world.work()
    assert world.states() == {"site": "removing", "name": "removing"}
    assert world.web.standing
    world.work()
    assert world.states() == {}


def test_a_service_can_be_declared_again_after_it_was_withdrawn(world: World) -> None:
    world.declare(SITE, name())
    world.work()
    world.do(acts.withdraw, world.service_id)
    world.work()
    world.declare(SITE, name())
    world.work()
    assert world.states() == {"site": "live", "name": "live"}


def test_another_name_under_the_same_key_replaces_the_old_one(world: World) -> None:
    world.declare(SITE, name())
    world.work()
    other = RecordSet(ZONE, f"loket.{ZONE}", "A", ("192.0.2.10",))
    world.declare(SITE, type(SITE)("name", other, needs=("site",)))
    world.work()
    assert world.dns.standing == {other.identity: other}
    assert world.states() == {"site": "live", "name": "live"}


def test_a_worker_that_lost_its_lease_writes_nothing(world: World) -> None:
    def taken_over(act: str) -> None:
        if act == "apply":
            with world.database.begin(world.tenant.id) as session:
                session.connection().exec_driver_sql("update wake set fence = fence + 1")

    world.web.before = taken_over
    world.declare(SITE)
    with pytest.raises(LeaseLost):
        world.work()
    assert world.journal(NAME) == ["intent"]
    assert world.states() == {"site": "applying"}


def test_what_is_declared_while_a_worker_is_at_it_is_not_lost(world: World) -> None:
    changed = RecordSet(ZONE, NAME, "A", ("192.0.2.99",))

    def meanwhile(act: str) -> None:
        world.dns.before = lambda act: None
        world.declare(SITE, type(SITE)("name", changed, needs=("site",)))

    world.declare(SITE, name())
    world.dns.before = meanwhile
    world.work()
    assert world.states()["name"] == "planned"
    assert world.service().state == "provisioning"
    world.work()
    assert world.dns.standing == {RECORD: changed}
    assert world.service().state == "live"


def test_another_services_identity_is_refused(world: World) -> None:
    world.declare(SITE, name())
    other = world.new_service()
    with pytest.raises(Conflict) as refused:
        world.declare(SITE, service_id=other)
    assert NAME in refused.value.message
    world.work()
    world.do(acts.withdraw, world.service_id)
    world.work()
    world.declare(SITE, service_id=other)


def test_redirects_are_compared_as_they_are_stored(world: World) -> None:
    site = type(SITE)("site", Site(NAME, headers=(("X-Satu", "1"),)))
    world.declare(site)
    world.work()
    world.declare(site)
    assert world.resources()[NAME].generation == 1


class Killed(BaseException):
    """A worker's end in the middle of an act."""


def test_what_a_dead_worker_made_stays_ours_whatever_else_was_verified_meanwhile(world: World) -> None:
    def killed(act: str) -> None:
        if act == "apply":
            world.dns.before = lambda act: None
            world.dns.standing[RECORD] = name().spec
            raise Killed

    other = RecordSet(ZONE, f"loket.{ZONE}", "A", (ADDRESS,))
    world.dns.before = killed
    world.declare(SITE, name())
    with pytest.raises(Killed):
        world.work()
    another = world.new_service()
    world.declare(DesiredResource("name", other), service_id=another)
    world.work(another)
    world.expire_leases()
    world.work()
    assert world.states() == {"site": "live", "name": "live"}


def test_what_was_set_out_for_but_not_tried_stands_as_planned(world: World) -> None:
    world.web.before = failing("apply", ProviderDenied("Tidak boleh.", log="refused"), times=1)
    world.declare(SITE, name())
    world.work()
    assert world.states() == {"site": "failed", "name": "planned"}
    assert not world.dns.acts
    world.do(acts.retry, world.service_id)
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert world.journal(RECORD) == ["intent", "applied", "verified"]


def test_the_lease_is_held_on_where_the_first_act_took_long(world: World) -> None:
    seen = []

    def slow(act: str) -> None:
        if act == "verify":
            time.sleep(world.timing.fresh)

    def note(act: str) -> None:
        if act == "apply":
            (pending,) = world.pending()
            seen.append((pending.lease_until - datetime.now(UTC)).total_seconds())

    world.timing = Timing(lease=1, glance=0.01)
    world.web.before, world.dns.before = slow, note
    world.declare(SITE, name())
    world.work()
    assert world.states() == {"site": "live", "name": "live"}
    assert seen[0] > 0.9 * world.timing.lease


def test_a_server_that_hangs_longer_than_a_lease_keeps_other_workers_away(world: World) -> None:
    """Else each would lose the lease to the next while it reads, and none would ever bring anything about."""
    world.timing = Timing(lease=1.0)
    world.declare(SITE, name())
    reading: list[str] = []

    def hang(act: str) -> None:
        if act == "read":
            reading.append(act)
            time.sleep(1.5)

    world.web.before = world.dns.before = hang
    pool = ProviderPool(world.plugins)
    tools = Tools(Config(lease=1.0), world.database, world.plugins, pool, DocumentStore(Path()), world.timing)
    with world.database.session(world.tenant.id) as session, ThreadPoolExecutor() as threads:
        working = threads.submit(HANDLERS[acts.WAKE], tools, session, world.lease(session, world.service_id))
        while not working.done():
            with world.database.begin(world.tenant.id) as other:
                assert take_lease(other, acts.WAKE, world.service_id, 1.0) is None or working.done()
            time.sleep(0.1)
        working.result()
    pool.close()
    assert (world.states(), len(reading)) == ({"site": "live", "name": "live"}, 2)
