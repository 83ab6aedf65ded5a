"""What every figure needs: compiled code, processes that work by the round, and a line that tells the ratio."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select

from tapak.cli.tenant_file import apply_tenant
from tapak.db.session import Database
from tapak.demo.scripts import tenants
from tapak.demo.servers.postgresql import PostgresqlServer
from tapak.demo.servers.process import free_port
from tapak.migrations import upgrade
from tapak.plugins import registry
from tapak.tenants.models import Tenant

PROCESSES = Path(__file__).parent / "processes"
sys.path.append(str(PROCESSES))
NOWHERE = {
    "WEB_ADDRESS": "127.0.0.1",
    "WEB_URL": "http://127.0.0.1:9",
    "WEB_PORT": "9",
    "WEB_HTTPS_PORT": "443",
    "WEB_AGENT_CONFIG": "/nonexistent",
    "DNS_ADDRESS": "127.0.0.1",
    "DNS_PORT": "9",
    "DNS_KEY_NAME": "key",
    "DNS_KEY_SECRET": "c2VjcmV0IHNlY3JldCBzZWNyZXQ=",
    "DNS_ALGORITHM": "hmac-sha256",
    "WEB_ACCOUNTS": "account",
    "MARIADB_ADDRESS": "127.0.0.1",
    "MARIADB_PORT": "9",
    "MARIADB_USER": "tapak_admin",
    "MARIADB_PASSWORD": "kata sandi pengelola",
    "MARIADB_KEY": "kunci uji yang panjangnya lebih dari tiga puluh dua",
    "MARIADB_DUMPS": "/nonexistent/dumps",
    "BACKUPS": "/nonexistent/backups",
    "BACKUP_PASSWORD": "kata sandi repositori yang panjang",
}
"""Servers that nobody asks while steps and lists are measured."""


@pytest.fixture(scope="session", autouse=True)
def compiled(project_root: Path) -> None:
    """Compile what is measured, so that no round pays for it."""
    for folder in (project_root / "core/src", project_root / "plugins", project_root / "providers", PROCESSES):
        compileall.compile_dir(folder, quiet=2)


@pytest.fixture(scope="session")
def postgresql_server(server_directory: Path) -> Iterator[PostgresqlServer]:
    """A running PostgreSQL that waits for the disk at each commit, as an agency's does; tests' own doesn't."""
    server = PostgresqlServer(server_directory / "postgresql", free_port())
    server.directory.mkdir(parents=True, exist_ok=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def machine() -> Iterator[None]:
    """Tell what the figures were taken on, before and after."""
    print(f"\n{_machine()}")
    yield
    print(f"\n{_machine()}")


def _machine() -> str:
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, load {load}"


@dataclass(frozen=True)
class Measured:
    """Pairs of one figure: ours and the measure's, taken next to each other."""

    what: str
    ours: Sequence[float]
    measure: Sequence[float]
    unit: str

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return median(self._ratios)

    @property
    def _ratios(self) -> list[float]:
        return [ours / measure for ours, measure in zip(self.ours, self.measure, strict=True)]

    def tell(self, bound: str) -> float:
        """Print the line of this figure; gives the ratio."""
        ratios = sorted(self._ratios)
        low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
        print(
            f"{self.what:<44} ours {median(self.ours):>8.1f}  measure {median(self.measure):>8.1f} {self.unit:<5}"
            f"  ratio {self.ratio:.2f} ({low:.2f} to {high:.2f}, {len(ratios)} pairs)  {bound}"
        )
        return self.ratio


class Crew:
    """Processes of one kind that work at the same time, a round when told to."""

    def __init__(
        self, stack: ExitStack, commands: Sequence[Sequence[str]], env: Mapping[str, str] | None = None
    ) -> None:
        self._members = [stack.enter_context(_process(command, env)) for command in commands]
        for member in self._members:
            assert _answer(member) == "ready"

    def rate(self, seconds: float) -> float:
        """What all of them did in a second, together."""
        for member in self._members:
            assert member.stdin is not None
            member.stdin.write(f"{seconds}\n")
            member.stdin.flush()
        done = [json.loads(_answer(member)) for member in self._members]
        return sum(count / took for count, took in done)


def _process(command: Sequence[str], env: Mapping[str, str] | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **env} if env else None,
    )


def _answer(member: subprocess.Popen[str]) -> str:
    assert member.stdout is not None
    line = member.stdout.readline().strip()
    assert line, "a measured process ended"
    return line


@dataclass(frozen=True)
class Bench:
    """Starting measured processes, and comparing what they do."""

    stack: ExitStack

    def crew(self, program: str, arguments: Sequence[str], env: Mapping[str, str] | None = None) -> Crew:
        """A process of ``processes/<program>.py`` for each of ``arguments``, warm before the first round."""
        made = Crew(self.stack, [[str(PROCESSES / f"{program}.py"), each] for each in arguments], env)
        made.rate(0.5)
        return made

    def race(self, what: str, ours: Crew, measure: Crew, *, rounds: int, seconds: float) -> Measured:
        """Both in turn, in changing order, for ``rounds`` pairs."""
        taken: dict[Crew, list[float]] = {ours: [], measure: []}
        for number in range(rounds):
            for crew in (ours, measure) if number % 2 else (measure, ours):
                taken[crew].append(crew.rate(seconds))
        return Measured(what, taken[ours], taken[measure], "/s")


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Ends every process that a figure started."""
    with ExitStack() as stack:
        yield Bench(stack)


@pytest.fixture(scope="module")
def bench_database(postgresql_server: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a migrated, empty database of one module's own."""
    name = f"bench_{request.module.__name__.rpartition('.')[2]}"
    postgresql_server.create_database(name)
    upgrade(postgresql_server.dsn("tapak_owner", name))
    yield name
    postgresql_server.drop_database(name)


@pytest.fixture(scope="module")
def agencies(
    postgresql_server: PostgresqlServer,
    bench_database: str,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Sequence[int]:
    """``AGENCIES`` of the module: tenants as the demo describes its own, with people, calendar and procedure."""
    described = next(each for each in tenants() if each["slug"] == "tarakan")
    described["settings"]["procedures"].append("bench.plain")
    owner = Database(postgresql_server.dsn("tapak_owner", bench_database), pool_size=1)
    identities = tmp_path_factory.mktemp("identities") / "identities"
    for number in range(request.module.AGENCIES):
        own = {**described, "slug": f"kota{number}", "hosts": [f"kota{number}.localhost"]}
        apply_tenant(owner, own, registry(), placeholders=NOWHERE, identities=identities)
    with owner.begin() as session:
        ids = session.scalars(select(Tenant.id).order_by(Tenant.id)).all()
    owner.close()
    return ids


@dataclass(frozen=True)
class Copies:
    """Multiplies rows past row-level security."""

    connection: psycopg.Connection[tuple[object, ...]]

    def rows(self, table: str, where: str, count: int, **changed: str) -> None:
        """``count`` copies of the rows ``where``; ``changed`` are SQL expressions over ``row`` and number ``n``."""
        columns = self.columns(table)
        chosen = sql.SQL(", ").join(
            sql.SQL(changed[column]) if column in changed else sql.Identifier("row", column) for column in columns
        )
        statement = sql.SQL(
            "insert into {table} ({columns}) overriding system value"
            " select {chosen} from {table} as row, generate_series(1, {count}) as n where {where}"
        )
        self.connection.execute(
            statement.format(
                table=sql.Identifier(table),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                chosen=chosen,
                count=count,
                where=sql.SQL(where),
            )
        )

    def columns(self, table: str) -> list[str]:
        """The table's columns in order."""
        query = (
            "select column_name from information_schema.columns where table_name = %s and table_schema = 'public'"
            " order by ordinal_position"
        )
        return [str(name) for (name,) in self.connection.execute(query, [table])]

    def settle(self, *tables: str) -> None:
        """Let ids go on after the copies', and the planner know of them."""
        for table in tables:
            name = sql.Identifier(table)
            if "id" in self.columns(table):
                after = sql.SQL("select setval(pg_get_serial_sequence({}, 'id'), (select max(id) from {}))")
                self.connection.execute(after.format(sql.Literal(table), name))
            self.connection.execute(sql.SQL("vacuum (analyze) {}").format(name))


@pytest.fixture(scope="module")
def copies(postgresql_server: PostgresqlServer, bench_database: str) -> Iterator[Copies]:
    """Multiplying rows of the module's database."""
    with postgresql_server.connect(bench_database) as connection:
        yield Copies(connection)


@pytest.fixture(scope="session")
def copies_of() -> type[Copies]:
    """Multiplying rows of any database."""
    return Copies


@pytest.fixture(scope="session")
def measured() -> type[Measured]:
    """A figure of one's own pairs."""
    return Measured
