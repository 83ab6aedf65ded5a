"""The unit's page of its service on real servers: what is shown, passwords by one-time links, releases, keys."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pymysql
import pytest
from sqlalchemy import select, text

from tapak.audit.models import AuditEvent
from tapak.db.session import Database as Connections
from tapak.db.wake import Wake
from tapak.panel import acts, links, service, work
from tapak.panel.links import UNLOCK, Opened
from tapak.panel.service import LOOK, Panel
from tapak.panel.switches import CHANGES, SWITCHED
from tapak.provisioning import service as provisioning
from tapak.provisioning.models import Resource
from tapak.requests.desk import Desk
from tapak.requests.models import RegisterRow
from tapak.sdk.databases import Database
from tapak.sdk.errors import Conflict, Forbidden, Invalid, NotFound
from tapak.sdk.resources import DesiredResource
from tapak.tenants.models import Tenant
from tapak.tenants.secrets import new_identity
from tapak_webhost.login import Door, new_key, try_login

from .town import COUNTER, LABELS, Town, archive

TWO = "<?php echo 'Rilis dua';"


class Unit:
    """A live service with what its unit does with it."""

    def __init__(self, town: Town, service_id: int, name: str) -> None:
        self.town = town
        self.id = service_id
        self.name = name

    def part(self, kind: str) -> Resource:
        return next(row for row in self.town.resources(self.id).values() if row.kind == kind)

    def panel(self, who: str = "dinkes") -> Panel:
        with self.town.office.desk(who) as desk:
            return service.panel(desk, self.id)

    def look(self) -> Panel:
        with self.town.office.desk("dinkes") as desk:
            service.refresh(desk, self.id, always=True)
        self.town.work(LOOK, self.id)
        return self.panel()

    def ask(self, kind: str, who: str = "dinkes", *, anew: bool = False) -> str:
        with self.town.office.desk(who) as desk:
            return links.ask(desk, self.id, self.part(kind).id, anew=anew).token

    def fill(self, kind: str) -> None:
        """The workers' part: the change that was asked for, then the seal."""
        part = next(each for each in self.panel().parts if each.row.kind == kind)
        if part.row.state != "live":
            self.town.work(provisioning.WAKE, self.id)
        assert part.link is not None
        self.town.work(UNLOCK, part.link.id)

    def reveal(self, token: str, who: str = "dinkes") -> Opened:
        with self.town.office.desk(who) as desk:
            return links.reveal(desk, self.id, token)

    def password(self, kind: str, *, anew: bool = False) -> Opened:
        token = self.ask(kind, anew=anew)
        self.fill(kind)
        return self.reveal(token)


@pytest.fixture
def unit(town: Town) -> Unit:
    label = next(LABELS)
    town.office.now = datetime.now(UTC)  # as workers have it
    return Unit(town, town.install(town.submit(label, archive(index=COUNTER))), f"{label}.example.test")


def connects(opened: Opened) -> bool:
    at = opened.place
    login = {"host": at["host"], "port": at["port"], "user": at["user"], "database": at["name"]}
    try:
        pymysql.connect(password=opened.password, **login).close()
    except pymysql.err.OperationalError:
        return False
    return True


def logs_in(opened: Opened) -> str:
    at = opened.place
    return try_login(Door(at["user"], at["host"], at["port"], at["host_key"]), 10, password=opened.password)


def test_the_page_tells_state_usage_releases_and_its_own_logs(unit: Unit, caplog: pytest.LogCaptureFixture) -> None:
    unit.town.host.fetch(unit.name, "/milik-saya")
    unit.town.host.fetch("lain.example.test", "/milik-orang")
    unit.town.host.put(unit.name, "rusak.php", "<?php trigger_error('galat milik saya', E_USER_ERROR);")
    unit.town.host.fetch(unit.name, "/rusak.php")
    shown = unit.look()
    assert {part.row.kind: part.row.state for part in shown.parts}["account"] == "live"
    keys = {fact.key: fact.value for fact in shown.figures}
    assert f"site_usage:{unit.name}" in keys
    assert f"database.mariadb/{unit.name.partition('.')[0]}.size" in keys
    assert not [key for key in keys if key.startswith(("server_", "bandwidth", "databases."))]
    seen = shown.sites[unit.name]
    assert seen["problem"] == ""
    assert any("/milik-saya" in line for line in seen["access"])
    assert not any("milik-orang" in line for line in seen["access"])
    assert any("galat milik saya" in line for line in seen["errors"])
    assert [each["live"] for each in seen["releases"]] == [True]
    assert (shown.stale, shown.owns) == (False, True)
    with unit.town.office.desk("dinkes") as desk:
        service.refresh(desk, unit.id)
        assert not service.panel(desk, unit.id).stale


def test_a_database_s_password_is_opened_once_with_a_receipt(unit: Unit, owner_database: Connections) -> None:
    token = unit.ask(Database.kind)
    with pytest.raises(Conflict) as early:
        unit.reveal(token)
    assert "disiapkan" in early.value.message
    unit.fill(Database.kind)
    opened = unit.reveal(token)
    assert connects(opened)
    with pytest.raises(Conflict) as told:
        unit.reveal(token)
    assert "Nama dinkes" in told.value.message
    (part,) = [each for each in unit.panel().parts if each.row.kind == Database.kind]
    assert part.link is not None
    assert (part.link.opened_by, part.link.sealed) == ("Nama dinkes", None)
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        events = session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)).all()
    assert [each for each in events if each.startswith("service.password")] == [
        "service.password_asked",
        "service.password_opened",
    ]
    with owner_database.begin() as session:
        tables = ("one_time_link", "audit_event", "resource", "wake", "service_look", "idempotency_key")
        stored = "".join(str(session.execute(text(f"select * from {table}")).all()) for table in tables)
    assert opened.password not in stored
    assert token not in stored


def test_forty_at_once_and_one_sees_it(unit: Unit) -> None:
    token = unit.ask(Database.kind)
    unit.fill(Database.kind)

    def attempt(_: int) -> int:
        try:
            unit.reveal(token)
        except Conflict:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 1


def test_of_eight_who_ask_at_once_one_link_holds(unit: Unit, owner_database: Connections) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: unit.ask(Database.kind), range(8)))
    with owner_database.begin() as session:
        ids = session.scalars(text("select id from one_time_link where expires_at > now() order by id")).all()
    assert len(ids) == 1
    unit.town.work(UNLOCK, ids[0])

    def opens(token: str) -> bool:
        try:
            return bool(unit.reveal(token).password)
        except Conflict:
            return False

    assert sum(map(opens, tokens)) == 1


def test_another_password_ends_the_old_one_and_reaches_the_site(unit: Unit) -> None:
    old = unit.password(Database.kind)
    new = unit.password(Database.kind, anew=True)
    assert old.password != new.password
    assert (connects(old), connects(new)) == (False, True)
    assert unit.town.host.fetch(unit.name).text == "Antrean berjalan"


def test_an_account_s_password_logs_in_and_another_takes_its_place(unit: Unit) -> None:
    first = unit.password("account")
    assert logs_in(first) == ""
    second = unit.password("account")
    assert (logs_in(first), logs_in(second)) == ("tidak diterima", "")


def test_a_later_link_ends_an_earlier_one(unit: Unit) -> None:
    earlier, later = unit.ask(Database.kind), unit.ask(Database.kind)
    unit.fill(Database.kind)
    with pytest.raises(Conflict) as told:
        unit.reveal(earlier)
    assert "tidak berlaku" in told.value.message
    assert unit.reveal(later).password


def test_a_link_ends_by_itself(unit: Unit) -> None:
    token = unit.ask(Database.kind)
    unit.fill(Database.kind)
    unit.town.office.now += links.LASTS + timedelta(days=1)
    with pytest.raises(Conflict) as told:
        unit.reveal(token)
    assert "tidak berlaku" in told.value.message


def test_what_lies_sealed_to_a_link_that_is_over_is_swept(unit: Unit, owner_database: Connections) -> None:
    tokens = {kind: unit.ask(kind) for kind in ("account", Database.kind)}
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        links.sweep(session)
    for kind in tokens:
        unit.fill(kind)
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        links.sweep(session)
    sealed = text("select count(*) from one_time_link where sealed is not null")
    copies = text("select count(*) from resource where outputs ? 'password'")
    with owner_database.begin() as session:
        assert (session.scalar(sealed), session.scalar(copies)) == (2, 0)
    opened = unit.reveal(tokens["account"])
    assert logs_in(opened) == ""
    with owner_database.begin() as session:
        session.execute(text("update one_time_link set expires_at = now()"))
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        links.sweep(session)
    with owner_database.begin() as session:
        assert session.scalar(sealed) == 0


def test_a_link_waits_ever_longer_for_a_server_that_is_away(unit: Unit, owner_database: Connections) -> None:
    unit.ask("account")
    (part,) = [each for each in unit.panel().parts if each.row.kind == "account"]
    assert part.link is not None
    for minutes, pause in ((0, 0.5), (2, 30), (60 * 24, 60)):
        with owner_database.begin() as session:
            asked = text("update one_time_link set asked_at = now() - make_interval(mins => :minutes)")
            session.execute(asked, {"minutes": minutes})
        with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
            assert work.fill(session, part.link.id, []) == pytest.approx(pause, abs=0.5)


def test_an_officer_of_another_agency_s_office_finds_nothing(unit: Unit, other_tenant: Tenant) -> None:
    token = unit.ask(Database.kind)
    unit.fill(Database.kind)
    office = unit.town.office
    with office.desk("dinkes") as desk:
        person = desk.somebody
    for who in (person, replace(person, agency_id=None, admin=True)):
        with office.database.begin(other_tenant.id) as session:
            stranger = Desk(session, other_tenant, office.registry, who, office.now)
            for act in (
                lambda at: links.reveal(at, unit.id, token),
                lambda at: links.ask(at, unit.id, unit.part(Database.kind).id),
                lambda at: acts.switch(at, unit.id, "0" * 64),
                lambda at: service.panel(at, unit.id),
            ):
                with pytest.raises(NotFound):
                    act(stranger)
    assert unit.reveal(token).password


def test_only_the_unit_sees_passwords_and_officers_see_the_page(unit: Unit) -> None:
    token = unit.ask(Database.kind)
    unit.fill(Database.kind)
    assert not unit.panel("kabid_aplikasi").owns
    for who, problem in (("kabid_aplikasi", Forbidden), ("admin", Forbidden), ("dishub", NotFound)):
        with pytest.raises(problem):
            unit.reveal(token, who)
        with pytest.raises(problem):
            unit.ask(Database.kind, who)
    with pytest.raises(NotFound):
        unit.panel("dishub")
    for stray in (new_identity().identity.removeprefix(links.PREFIX).lower(), "x", "", "é" * 58):
        with pytest.raises(NotFound):
            unit.reveal(stray)
    assert unit.reveal(token).password


def test_keys_let_in_and_what_is_no_key_is_refused(unit: Unit) -> None:
    key, public = new_key()
    account = unit.part("account")
    with unit.town.office.desk("dinkes") as desk, pytest.raises(Invalid) as refused:
        acts.set_keys(desk, unit.id, account.id, ["command=x " + public, public])
    assert "Baris 1" in refused.value.message
    with unit.town.office.desk("kabid_aplikasi") as desk, pytest.raises(Forbidden):
        acts.set_keys(desk, unit.id, account.id, [public])
    with unit.town.office.desk("dinkes") as desk:
        acts.set_keys(desk, unit.id, account.id, [f"{public} laptop saya", ""])
    unit.town.work(provisioning.WAKE, unit.id)
    at = unit.part("account").outputs
    assert try_login(Door(at["user"], at["host"], at["port"], at["host_key"]), 10, key=key) == ""


def test_going_back_to_a_release_is_the_officers_unless_the_agency_lets_units(unit: Unit) -> None:
    first = unit.part("release").spec["sha256"]  # type: ignore[index]
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        task_id = session.scalar(text("select id from task where step = 'install'"))
    closing = unit.town.finish("kabid_aplikasi", task_id, note="")
    second = _second_release(unit)
    assert unit.town.host.fetch(unit.name).text == "Rilis dua"
    kept = {each["sha256"]: each["live"] for each in unit.look().sites[unit.name]["releases"]}
    assert kept == {first: False, second: True}
    with unit.town.office.desk("dinkes") as desk, pytest.raises(Forbidden) as told:
        acts.switch(desk, unit.id, first)
    assert "Ajukan permohonan" in told.value.message
    with unit.town.office.desk("kabid_aplikasi") as desk, pytest.raises(Conflict) as working:
        acts.switch(desk, unit.id, first)
    assert "Permohonan" in working.value.message
    unit.town.finish("dinkes", closing, confirm=True, satisfaction=4, note="")

    def switched(_: int) -> int:
        try:
            with unit.town.office.desk("kabid_aplikasi") as desk:
                acts.switch(desk, unit.id, first)
        except Conflict:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(switched, range(4))) == 1
    _look_whether_switched(unit)
    assert _switches(unit) == []
    unit.town.work(provisioning.WAKE, unit.id)
    _look_whether_switched(unit)
    (difference,) = _switches(unit)
    assert f"{second} → {first}" in difference
    assert difference.endswith("Oleh: Nama kabid_aplikasi")
    assert unit.town.host.fetch(unit.name).text == "Antrean berjalan"
    unit.town.office.tenant.settings = {**unit.town.office.tenant.settings, service.UNITS_SWITCH: True}
    unit.look()
    with unit.town.office.desk("dinkes") as desk, pytest.raises(Conflict):
        acts.switch(desk, unit.id, "0" * 64)
    with unit.town.office.desk("dinkes") as desk:
        acts.switch(desk, unit.id, second)
    unit.town.work(provisioning.WAKE, unit.id)
    assert unit.town.host.fetch(unit.name).text == "Rilis dua"


def test_a_release_that_another_one_overtook_is_in_no_register(unit: Unit) -> None:
    first = unit.part("release").spec["sha256"]  # type: ignore[index]
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        task_id = session.scalar(text("select id from task where step = 'install'"))
    closing = unit.town.finish("kabid_aplikasi", task_id, note="")
    _second_release(unit)
    unit.town.finish("dinkes", closing, confirm=True, satisfaction=4, note="")
    unit.look()
    with unit.town.office.desk("kabid_aplikasi") as desk:
        acts.switch(desk, unit.id, first)
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        session.execute(text("update resource set state = 'failed' where key = 'release'"))
    _second_release(unit)
    _look_whether_switched(unit)
    assert _switches(unit) == []
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        assert session.scalars(select(Wake.row_id).where(Wake.kind == SWITCHED)).all() == []


def _look_whether_switched(unit: Unit) -> None:
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        (event_id,) = session.scalars(select(Wake.row_id).where(Wake.kind == SWITCHED)).all()
    unit.town.work(SWITCHED, event_id)


def _switches(unit: Unit) -> list[str]:
    query = select(RegisterRow.content).where(RegisterRow.register == CHANGES)
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        return [str(content["difference"]) for content in session.scalars(query)]


def _second_release(unit: Unit) -> str:
    """Another archive that is kept with the service's request, put online as a later request would."""
    content = io.BytesIO(archive(index=TWO))
    stored = unit.town.office.store.write(unit.town.office.tenant.id, content, 10**6).sha256
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        provisioning.alter(session, unit.id, "release", lambda spec: type(spec)(spec.site, stored))  # type: ignore
    unit.town.work(provisioning.WAKE, unit.id)
    return str(stored)


def test_what_the_unit_changed_outlives_a_later_declaration(unit: Unit) -> None:
    unit.password(Database.kind, anew=True)
    opened = unit.password("account")
    _, public = new_key()
    with unit.town.office.desk("dinkes") as desk:
        acts.set_keys(desk, unit.id, unit.part("account").id, [public])
    unit.town.work(provisioning.WAKE, unit.id)
    with unit.town.office.database.begin(unit.town.office.tenant.id) as session:
        standing = provisioning.declared(session, unit.id)
        plain = [_as_declared_at_first(each) for each in standing]
        provisioning.declare(session, unit.id, plain, plugins=unit.town.office.registry)
    assert json.dumps(unit.part("database").spec).count('"rotation": 2') == 1
    assert unit.part("account").spec["keys"] == [public]  # type: ignore[index]
    assert logs_in(opened) == ""


def _as_declared_at_first(each: DesiredResource) -> DesiredResource:
    changed: dict[str, dict[str, Any]] = {"database": {"rotation": 1}, "account": {"keys": (), "recipient": ""}}
    spec = type(each.spec)(**{**vars(each.spec), **changed.get(each.spec.kind, {})})
    return DesiredResource(each.key, spec, each.needs)


def test_a_server_that_is_away_is_told_as_such(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = unit.town.tools.registry.providers["apache"]
    settings = unit.town.host.server.agent_config
    moved = settings.rename(settings.with_suffix(".away"))
    try:
        unit.town.tools.providers.close()
        seen = unit.look().sites[unit.name]
    finally:
        moved.rename(settings)
        unit.town.tools.providers.close()
    assert provider.name == "apache"
    assert "agen" in seen["problem"].lower()
