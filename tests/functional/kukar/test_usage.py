"""Usage of sites: counted by the host's own agent each day, written into the register when a month is over."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from tapak.db.wake import Wake
from tapak.monitoring import usage
from tapak.monitoring.models import UsageDay
from tapak.requests import registers
from tapak_webhost.provider import ApacheProvider

ZONE = ZoneInfo("Asia/Makassar")
NAME = "ppdb.kukarkab.go.id"
CONFIG = """\
server = "apache"
web_dir = "{0}/web"
vhost_dir = "{0}/vhost.d"
state_dir = "{0}/state"
access_log = "{0}/access.log"
address = "127.0.0.1:1"
vhost_address = "*:1"
program = "/usr/sbin/apache2"
main_conf = "{0}/apache2.conf"
modules_conf = "{0}/modules.conf"
info_module = "{0}/mod_info.so"
pid_file = "{0}/apache2.pid"
"""


@pytest.fixture
def host(office, tmp_path):
    """A web host's agent with a log and a site's folder, and the site as a live resource."""
    for name in ("web", "vhost.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "web" / "sites" / NAME).mkdir(parents=True)
    (tmp_path / "web" / "sites" / NAME / "index.html").write_bytes(b"x" * 50_000)
    (tmp_path / "agent.toml").write_text(CONFIG.format(tmp_path))
    office.servers = {"WEB_AGENT_CONFIG": str(tmp_path / "agent.toml")}
    office.apply()
    task = office.finish("administrator", office.submit("disdik", "kukar.hosting", name_label="ppdb"))
    office.finish("kabid", task, outcome="approve")
    with office.owner.begin() as session:
        session.execute(
            text(
                "insert into resource (tenant_id, service_id, connection_id, key, kind, identity, spec, applied, state)"
                " select s.tenant_id, s.id, c.id, 'site', 'site', :name, cast(:spec as jsonb), cast(:spec as jsonb),"
                " 'live' from service s join connection c on c.provider in ('apache', 'nginx')"
            ),
            {"name": NAME, "spec": json.dumps({"name": NAME})},
        )
        session.execute(
            text("insert into wake (tenant_id, kind, row_id) select id, 'usage', 0 from tenant where slug = 'kukar'")
        )
    return tmp_path


def line(at: datetime, size: int = 100, host: str = NAME) -> str:
    return f'{host}:80 192.0.2.1 - - [{at:%d/%b/%Y:%H:%M:%S %z}] "GET / HTTP/1.1" 200 {size} "-" "curl"\n'


def yesterday(*clock: int, back: int = 1) -> datetime:
    day = datetime.now(ZONE).date() - timedelta(days=back)
    return datetime.combine(day, time(*clock), ZONE)


def counted(office) -> dict[date, tuple]:
    with office.desk("admin") as desk:
        rows = desk.session.scalars(select(UsageDay).order_by(UsageDay.day)).all()
        return {row.day: (row.requests, row.size) for row in rows}


def test_days_are_the_agencys_and_each_is_counted_once(office, host):
    lines = [
        line(yesterday(12, back=20)),
        line(yesterday(23, 59, 59, back=2), 7),
        line(yesterday(0, 0, 1).astimezone(UTC), 50),
        line(yesterday(23, 59, 59), 1000),
        line(yesterday(12), 5, "lain.kukarkab.go.id"),
        line(yesterday(0, 1, back=0), 9),
    ]
    (host / "access.log").write_text("".join(lines))
    office.work("usage", 0)
    found = counted(office)
    assert len(found) == 14
    assert found[yesterday().date()] == (2, 1050)
    assert found[yesterday(back=2).date()] == (1, 7)
    assert found[yesterday(back=3).date()] == (0, 0)
    with office.desk("admin") as desk:
        kept = desk.session.scalars(select(UsageDay)).first()
        assert kept.disk > 50_000
        assert kept.source
        pending = desk.session.scalars(select(Wake).where(Wake.kind == "usage")).one()
        assert timedelta(0) < pending.next_at - datetime.now(UTC) < timedelta(hours=25)
    (host / "access.log").write_text("")
    office.work("usage", 0)
    assert counted(office) == found


def test_a_day_that_the_log_does_not_hold_whole_is_no_count(office, host):
    (host / "access.log").write_text(line(yesterday(12, back=2)) + line(yesterday(12)))
    office.work("usage", 0)
    found = counted(office)
    assert found[yesterday().date()] == (1, 100)
    assert found[yesterday(back=2).date()] == (None, None)


def test_a_host_that_is_away_is_asked_again_for_the_same_days(office, host):
    (host / "agent.toml").rename(host / "away.toml")
    office.work("usage", 0)
    assert counted(office) == {}
    with office.desk("admin") as desk:
        pending = desk.session.scalars(select(Wake).where(Wake.kind == "usage")).one()
        assert pending.problem.startswith("not asked: ")
        assert pending.next_at - datetime.now(UTC) < timedelta(hours=1, minutes=1)
    (host / "away.toml").rename(host / "agent.toml")
    (host / "access.log").write_text(line(yesterday(12, back=20)) + line(yesterday(12)))
    office.work("usage", 0)
    assert counted(office)[yesterday().date()] == (1, 100)


def test_days_before_a_site_was_there_are_none(office, host):
    seen = yesterday(11, back=3)
    with office.owner.begin() as session:
        session.execute(
            text(
                "insert into journal_entry (tenant_id, resource_id, generation, phase, at)"
                " select tenant_id, id, 1, 'verified', :seen from resource where identity = :name"
            ),
            {"seen": seen, "name": NAME},
        )
    (host / "access.log").write_text(line(yesterday(12, back=20)) + line(yesterday(12, back=4)) + line(yesterday(12)))
    office.work("usage", 0)
    found = counted(office)
    assert sorted(found) == [yesterday(back=days).date() for days in (3, 2, 1)]
    assert found[seen.date()] == (0, 0)


def test_a_month_waits_for_its_last_day_as_long_as_that_can_be_caught_up_with(office, host):
    with office.desk("admin") as desk:
        service = desk.session.scalar(text("select id from service"))
        told = {"requests": 4, "size": 400, "disk": 7000, "source": "Server web"}
        desk.session.add(UsageDay(service_id=service, name=NAME, day=date(2026, 10, 30), **told))
    for day, written in ((1, 0), (14, 0), (15, 1)):
        office.now = datetime(2026, 11, day, 4, tzinfo=UTC)
        with office.desk(None) as desk:
            usage.write_months(desk)
        with office.desk("kabid") as desk:
            assert len(registers.rows(desk, usage.BOOK)) == written, day


def test_a_host_of_more_sites_than_an_agent_takes_at_once_is_counted(host):
    names = [f"situs{number}.kukarkab.go.id" for number in range(1001)]
    (host / "access.log").write_text(line(yesterday(12), host=names[0]) + line(yesterday(12), host=names[-1]))
    settings = {"agent_config": str(host / "agent.toml"), "base_url": "http://127.0.0.1:1"}
    provider = ApacheProvider(ApacheProvider.settings_schema().load(settings))
    try:
        told = {each.name: each.requests for each in provider.usage(names, [yesterday(0), yesterday(0, back=0)])}
    finally:
        provider.close()
    assert len(told) == 1001
    assert (told[names[0]], told[names[1]], told[names[-1]]) == (1, 0, 1)


def test_a_month_that_is_over_gets_one_row_with_source_and_period(office, host):
    days = [(date(2026, 10, 31), 5, 999), (date(2026, 11, 1), 2, 1500), (date(2026, 11, 30), 3, 2600)]
    with office.desk("admin") as desk:
        service = desk.session.scalar(text("select id from service"))
        for day, requests, size in days:
            more = {"requests": requests, "size": size, "disk": 7000, "source": "Server web"}
            desk.session.add(UsageDay(service_id=service, name=NAME, day=day, **more))
        gone = {"requests": None, "size": None, "disk": None, "source": "Server web"}
        desk.session.add(UsageDay(service_id=service, name=NAME, day=date(2026, 11, 2), **gone))
    for now in (datetime(2026, 11, 30, 15, 59, tzinfo=UTC), datetime(2026, 11, 30, 16, 0, tzinfo=UTC)):
        office.now = now
        for _ in range(2):
            with office.desk(None) as desk:
                usage.write_months(desk)
    with office.desk("kabid") as desk:
        november, october = registers.rows(desk, usage.BOOK)
    assert (october.content["month"], october.content["requests"]) == ("2026-10", 5)
    told = {key: november.content[key] for key in ("month", "name", "requests", "traffic", "disk", "days", "source")}
    assert told == {
        "month": "2026-11",
        "name": NAME,
        "requests": 5,
        "traffic": 4,
        "disk": 7,
        "days": 2,
        "source": "Log akses Server web",
    }
    assert (november.content["since"], november.content["until"]) == ("2026-11-01", "2026-11-30")
    assert november.request_id is not None


def test_the_daily_sweep_begins_the_counting(office):
    with office.desk(None) as desk:
        usage.begin_counting(desk)
        usage.begin_counting(desk)
        assert desk.session.scalars(select(Wake.row_id).where(Wake.kind == "usage")).all() == [0]
