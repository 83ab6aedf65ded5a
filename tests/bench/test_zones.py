"""Zones of 100,000 names at BIND and PowerDNS, beside octoDNS with its own providers: whole processes, same servers.

octoDNS reads, compares and changes whole zones: each of its large runs takes about a minute, so each figure has one;
ours are the median of several.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import httpx
import pytest
import yaml
from sqlalchemy import update
from started import Running, Workers

from tapak.config import Config
from tapak.db.session import Database
from tapak.db.wake import wake
from tapak.demo.servers.bind import BindServer
from tapak.demo.servers.pdns import PdnsServer
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.redis import RedisServer
from tapak.jobs.run import equip, run
from tapak.jobs.tools import Tools
from tapak.plugins import registry
from tapak.provisioning.connections import DRIFT, ProviderPool, save_connection
from tapak.provisioning.intake import take_in
from tapak.provisioning.models import Connection
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import RecordSet, spec_to_json
from tapak.tenants.models import Tenant, Zone
from tapak.tenants.secrets import append_identity, new_identity
from tapak.testing.dns_server import DnsOperator, PdnsOperator
from tapak.zones import exporting
from tapak.zones.comparing import compare_recent
from tapak_bind.provider import BindProvider
from tapak_powerdns.provider import PowerdnsProvider

AGENCIES = 1
NAMES, BATCH, AT_ONCE = 100_000, 1000, 5000
ADDRESS = "192.0.2.10"
PROCESSES = Path(__file__).parent / "processes"
RUNS, CALLS = 3, 20
MEGABYTES = 150
NEW, TIMES_NEW = range(10_000), 3
LEAST = {"bind": 30, "powerdns": 20}
SERVICE = 500
SINGLE, TURNS, WARM = 1.5, 200, 20


@dataclass(frozen=True)
class Taken:
    """A finished process: wall and processor seconds, its peak memory in MB, exit status and what it printed."""

    seconds: float
    processor: float
    megabytes: float
    status: int
    printed: str


def process(command: Sequence[str]) -> Taken:
    """Run a whole process."""
    runner = [sys.executable, "-S", str(PROCESSES / "taken.py"), *command]
    return Taken(**json.loads(subprocess.run(runner, check=True, stdout=subprocess.PIPE, text=True).stdout))


@dataclass
class Place:
    """A server with one large zone and two new ones, as Tapak and octoDNS are connected to it."""

    key: str
    zone: str
    theirs: str
    ours: str
    settings: Mapping[str, Any]
    octodns: Mapping[str, Any]
    by_hand: Any
    provider: Callable[[], Provider]
    connection_id: int = 0
    records: list[RecordSet] = field(default_factory=list)

    def record(self, number: int, address: str = ADDRESS) -> RecordSet:
        return RecordSet(self.zone, f"n{number}.{self.zone}", "A", (address,), 300)

    def read(self) -> None:
        """Take note of what stands."""
        with self.provider() as provider:
            self.records = sorted(provider.zone_records(self.zone), key=lambda each: each.identity)  # type: ignore[attr-defined]


def octodns(base: Path, place: Place, zone: str, records: Sequence[RecordSet]) -> Taken:
    """octoDNS brings ``zone`` to ``records``."""
    folder = base / f"octodns-{place.key}"
    folder.mkdir(exist_ok=True)
    with (folder / f"{zone}.yaml").open("wb") as file:
        file.writelines(exporting.blocks("octodns", zone, records))
    source = {"class": "octodns.provider.yaml.YamlProvider", "directory": str(folder), "enforce_order": False}
    configuration = {
        "providers": {"config": source, "server": place.octodns},
        "zones": {f"{zone}.": {"sources": ["config"], "targets": ["server"]}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(configuration))
    sync = str(Path(sys.executable).with_name("octodns-sync"))
    done = process([sync, "--config-file", str(folder / "config.yaml"), "--doit", "--force", "--quiet"])
    assert done.status == 0, done.printed[-2000:]
    return done


@dataclass
class Ground:
    """One agency with both servers, and octoDNS's configuration for them."""

    database: Database
    tenant: Tenant
    folder: Path
    places: Mapping[str, Place]
    pool: ProviderPool

    def tapak(self, *arguments: str) -> Taken:
        tapak = str(Path(sys.executable).with_name("tapak"))
        return process([tapak, "zone", *arguments, "--tenant", self.tenant.slug, "--json"])

    def put_back(self, place: Place, changed: RecordSet) -> Taken:
        """The command that has what was ``changed`` put back, until a worker has verified it."""
        (plan,) = json.loads(self.tapak("sync", place.zone, "--recent").printed)
        assert [each["identity"] for each in plan["plan"]] == [changed.identity]
        done = self.tapak("sync", place.zone, "--recent", "--confirm", plan["checksum"])
        assert (done.status, json.loads(done.printed)[0]["pending"]) == (0, 0), done.printed
        return done

    def look(self, place: Place) -> None:
        """What workers do every few minutes."""
        with self.database.begin(self.tenant.id) as session:
            wake(session, DRIFT, place.connection_id)
        run(self.tenant.id, DRIFT, place.connection_id)


@pytest.fixture(scope="module")
def bind_place(server_directory: Path) -> Iterator[Place]:
    zones = zone, theirs, mine = "besar.example", "baru-a.example", "baru-b.example"
    with BindServer(server_directory / "bench-zones-bind", zones) as bind:
        at = {"address": bind.address, "port": bind.port, "key_name": bind.key_name, "key_secret": bind.key_secret}
        settings = {**at, "zones": list(zones), "timeout": 60.0}
        octodns = {
            "class": "octodns_bind.BindProvider",
            "host": bind.address,
            "port": bind.port,
            "timeout": 300,
            "key_name": bind.key_name,
            "key_secret": bind.key_secret,
            "key_algorithm": bind.algorithm,
        }
        operator = DnsOperator(bind)
        for start in range(0, NAMES, BATCH):
            operator.add(zone, [(f"n{number}", ADDRESS) for number in range(start, start + BATCH)])
        yield Place("bind", zone, theirs, mine, settings, octodns, operator, _made(BindProvider, settings))


@pytest.fixture(scope="module")
def pdns_place(server_directory: Path) -> Iterator[Place]:
    zones = zone, theirs, mine = "luas.example", "baru-c.example", "baru-d.example"
    with PdnsServer(server_directory / "bench-zones-pdns", zones) as pdns:
        settings = {
            "url": pdns.url,
            "api_key": pdns.key,
            "zones": list(zones),
            "address": pdns.address,
            "port": pdns.port,
            "timeout": 60.0,
        }
        octodns = {
            "class": "octodns_powerdns.PowerDnsProvider",
            "host": pdns.address,
            "port": pdns.api_port,
            "api_key": pdns.key,
            "timeout": 300,
        }
        records = [{"content": ADDRESS, "disabled": False}]
        put = {"type": "A", "ttl": 300, "changetype": "REPLACE", "records": records}
        for start in range(0, NAMES, AT_ONCE):
            rrsets = [{"name": f"n{number}.{zone}.", **put} for number in range(start, start + AT_ONCE)]
            pdns.call("PATCH", f"/zones/{zone}.", json={"rrsets": rrsets}).raise_for_status()
        yield Place(
            "powerdns", zone, theirs, mine, settings, octodns, PdnsOperator(pdns), _made(PowerdnsProvider, settings)
        )


def _made(provider: type[Provider], settings: Mapping[str, Any]) -> Callable[[], Provider]:
    return lambda: provider(provider.settings_schema().load(settings))


@pytest.fixture(scope="module")
def ground(
    agencies: Sequence[int],
    bench_database: str,
    postgresql_server: PostgresqlServer,
    copies: Any,
    redis_server: RedisServer,
    bind_place: Place,
    pdns_place: Place,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ground]:
    folder, keys = tmp_path_factory.mktemp("zones"), new_identity()
    identities = folder / "identities"
    append_identity(identities, keys, "bench")
    owner = Database(postgresql_server.dsn("tapak_owner", bench_database), pool_size=1)
    with owner.begin() as session:
        session.get_one(Tenant, agencies[0]).recipient = keys.recipient
    owner.close()
    database = Database(postgresql_server.dsn("tapak_app", bench_database), pool_size=1)
    places = {place.key: place for place in (bind_place, pdns_place)}
    with database.begin(agencies[0]) as session:
        session.execute(update(Connection).values(active=False))  # the agency's own, to servers that aren't there
    for place in places.values():
        place.read()
        with database.begin(agencies[0]) as session:
            tenant = session.get_one(Tenant, agencies[0])
            session.add_all([Zone(name=place.zone), Zone(name=place.ours)])
            made = {"key": f"dns-{place.key}", "provider": place.key, "title": place.key}
            connection = save_connection(
                session, tenant, registry(), **made, settings=place.settings, zones=[place.zone, place.ours]
            )
            take_in(session, connection, place.zone, place.records, {"A"})
            place.connection_id = connection.id
        copies.settle("service", "resource", "held_name", "journal_entry", "zone_intake")
    given = {
        "TAPAK_DATABASE_URL": postgresql_server.dsn("tapak_app", bench_database),
        "TAPAK_RELAY_URL": postgresql_server.dsn("tapak_relay", bench_database),
        "TAPAK_REDIS_URL": redis_server.url,
        "TAPAK_DOCUMENTS": str(folder / "documents"),
        "TAPAK_IDENTITIES": str(identities),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        tools = Tools.from_config(Config.from_environment())
        equip(tools)
        made = Ground(database, tenant, folder, places, tools.providers)
        for place in places.values():
            made.look(place)
        yield made
        tools.close()
    database.close()


@pytest.mark.parametrize("key", ["bind", "powerdns"])
def test_large_zones(ground: Ground, measured: Any, key: str) -> None:
    place = ground.places[key]
    nothing = octodns(ground.folder, place, place.zone, place.records)
    ours = [ground.tapak("diff", place.zone, "--recent") for _ in range(RUNS)]
    assert [each.status for each in ours] == [0] * RUNS, ours[0].printed
    _tell(measured, f"no-op check of {NAMES} at {key}", ours, nothing, LEAST[key])

    calls = []
    for _ in range(CALLS):
        with ground.database.begin(ground.tenant.id) as session:
            began = time.perf_counter()
            assert not compare_recent(session, ground.pool, place.zone).different
            calls.append(time.perf_counter() - began)
    figure = measured(f"the call inside a worker at {key}", [median(calls) * 1000], [nothing.seconds * 1000], "ms")
    print(f"  {1 / figure.ratio:.0f} times as fast as octoDNS's process; at least {SERVICE}")
    assert 1 / figure.ratio >= SERVICE

    place.by_hand.put(place.record(8, "198.51.100.8"))
    noticed = ground.tapak("diff", place.zone, "--recent")
    assert [(row["identity"], row["kind"]) for row in json.loads(noticed.printed)] == [
        (place.record(8).identity, "changed")
    ]
    print(f"  noticed a change by hand in {noticed.seconds:.1f} s and {noticed.megabytes:.0f} MB")
    place.by_hand.put(place.record(8))
    ground.look(place)

    changed = place.record(7, "198.51.100.7")
    records = [changed if each.identity == changed.identity else each for each in place.records]
    one = octodns(ground.folder, place, place.zone, records)
    ground.look(place)
    env = dict(os.environ)
    with Running([sys.executable, "-m", "tapak.jobs.relay"], env), Workers(env, 1):
        ground.put_back(place, changed)  # they load meanwhile
        backs = []
        for number in range(RUNS):
            changed = place.record(number, "198.51.100.7")
            place.by_hand.put(changed)
            ground.look(place)
            backs.append(ground.put_back(place, changed))
    with place.provider() as provider:
        wanted = [place.record(number) for number in (7, *range(RUNS))]
        assert provider.read(wanted) == {each.identity: each for each in wanted}
    _tell(measured, f"one change in {NAMES} at {key}", backs, one, LEAST[key])


def _tell(measured: Any, what: str, ours: Sequence[Taken], theirs: Taken, least: int) -> None:
    seconds, megabytes = median(each.seconds for each in ours), max(each.megabytes for each in ours)
    figure = measured(what, [seconds], [theirs.seconds], "s")
    figure.tell(f"octoDNS / Tapak {1 / figure.ratio:.0f}, at least {least}; {megabytes:.0f} MB, at most {MEGABYTES}")
    print(f"  processor: ours {median(each.processor for each in ours):.2f} s, octoDNS {theirs.processor:.1f} s")
    assert 1 / figure.ratio >= least
    assert megabytes <= MEGABYTES


@pytest.mark.parametrize("key", ["bind", "powerdns"])
def test_new_names(request: pytest.FixtureRequest, measured: Any, tmp_path: Path, key: str) -> None:
    """Planned and applied through the provider, without the rows that keep what was done."""
    place: Place = request.getfixturevalue({"bind": "bind_place", "powerdns": "pdns_place"}[key])
    with place.provider() as provider:
        standing = list(provider.zone_records(place.theirs))  # type: ignore[attr-defined]
    made = [RecordSet(place.theirs, f"n{number}.{place.theirs}", "A", (ADDRESS,), 300) for number in NEW]
    theirs = octodns(tmp_path, place, place.theirs, [*standing, *made])
    records = [replace(each, zone=place.ours, name=f"n{number}.{place.ours}") for number, each in enumerate(made)]
    (tmp_path / "wanted").write_text(json.dumps([spec_to_json(each) for each in records]))
    (tmp_path / "settings").write_text(json.dumps(place.settings))
    program = str(PROCESSES / "new_names.py")
    ours = process([sys.executable, program, key, str(tmp_path / "settings"), place.ours, str(tmp_path / "wanted")])
    assert ours.printed == f"{len(NEW)}\n", ours.printed[-2000:]
    with place.provider() as provider:
        assert provider.read(records) == {each.identity: each for each in records}
    figure = measured(f"plan and apply of {len(NEW)} at {key}", [ours.seconds], [theirs.seconds], "s")
    figure.tell(f"octoDNS / Tapak {1 / figure.ratio:.1f}, at least {TIMES_NEW}; {ours.megabytes:.0f} MB")
    print(f"  processor: ours {ours.processor:.2f} s, octoDNS {theirs.processor:.1f} s")
    assert 1 / figure.ratio >= TIMES_NEW


Bare = Callable[[RecordSet], None]


def _bare_update(server: BindServer) -> Bare:
    keyring = dns.tsigkeyring.from_text({server.key_name: server.key_secret})

    def bare(record: RecordSet) -> None:
        message = dns.update.UpdateMessage(
            record.zone, keyring=keyring, keyname=server.key_name, keyalgorithm=server.algorithm
        )
        message.add(f"{record.name}.", record.ttl, record.type, *record.values)
        answer = dns.query.udp(message, server.address, port=server.port, timeout=5)
        assert answer.rcode() == dns.rcode.NOERROR
        query = dns.message.make_query(f"{record.name}.", record.type)
        told = dns.query.udp(query, server.address, port=server.port, timeout=5)
        assert [item.to_text() for rrset in told.answer for item in rrset] == list(record.values)

    return bare


def _bare_patch(server: PdnsServer) -> Bare:
    url = f"{server.url}/api/v1/servers/localhost/zones"
    client = httpx.Client(headers={"X-API-Key": server.key}, trust_env=False, verify=False)

    def bare(record: RecordSet) -> None:
        name, path = f"{record.name}.", f"{url}/{record.zone}."
        records = [{"content": value, "disabled": False} for value in record.values]
        rrset = {"name": name, "type": record.type, "ttl": record.ttl, "changetype": "REPLACE", "records": records}
        client.patch(path, json={"rrsets": [rrset]}).raise_for_status()
        told = client.get(path, params={"rrset_name": name, "rrset_type": record.type}).json()["rrsets"]
        assert [item["content"] for each in told if each["name"] == name for item in each["records"]] == [ADDRESS]

    return bare


@pytest.mark.parametrize("key", ["bind", "powerdns"])
def test_a_single_verified_change(request: pytest.FixtureRequest, measured: Any, key: str) -> None:
    """Beside a bare update and an authoritative answer, in a zone of any size."""
    place: Place = request.getfixturevalue({"bind": "bind_place", "powerdns": "pdns_place"}[key])
    bare = {"bind": _bare_update, "powerdns": _bare_patch}[key](place.by_hand.server)
    ours, theirs = [], []
    with place.provider() as provider:
        for number in range(WARM + TURNS):
            record = replace(place.record(number), name=f"satu-{number}.{place.zone}")
            began = time.perf_counter()
            provider.apply([Change("create", record.identity, record, None)], fence=1, timeout=5)
            (seen,) = provider.verify([record], timeout=5)
            between = time.perf_counter()
            assert seen.live
            bare(replace(record, name=f"polos-{number}.{place.zone}"))
            if number >= WARM:
                ours.append((between - began) * 1000)
                theirs.append((time.perf_counter() - between) * 1000)
    assert measured(f"one verified change at {key}", ours, theirs, "ms").tell(f"at most {SINGLE}") <= SINGLE
