"""What resources give each other: handed on to whoever needs it, sealed at rest, and found again after a kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyrage.x25519 import Identity
from sqlalchemy import text

from tapak.db.session import Database as Connections
from tapak.provisioning import service as acts
from tapak.provisioning.connections import ProviderPool
from tapak.provisioning.reconciler import reconcile
from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderUnavailable
from tapak.sdk.resources import DesiredResource, Site
from tapak.tenants.secrets import KeyPair, new_identity

from .conftest import NAME, World

IDENTITY = "mariadb/antrean"


def database(rotation: int = 1) -> DesiredResource:
    return DesiredResource("database", Database("mariadb", "antrean", "RSUD", rotation=rotation))


SITE = DesiredResource("site", Site(NAME, "Antrean", "RSUD"), needs=("database",))


@pytest.fixture
def keys(owner_database: Connections, world: World) -> KeyPair:
    """The tenant's key pair, of which only workers have the private one."""
    pair = new_identity()
    with owner_database.begin() as session:
        session.execute(
            text("update tenant set recipient = :it where id = :id"), {"it": pair.recipient, "id": world.tenant.id}
        )
    return pair


@pytest.fixture
def worker(world: World, keys: KeyPair) -> Iterator[Worker]:
    pool = ProviderPool(world.plugins, [Identity.from_str(keys.identity)])
    yield Worker(world, pool)
    pool.close()


class Worker:
    """A worker with the tenant's identity."""

    def __init__(self, world: World, pool: ProviderPool) -> None:
        self.world = world
        self.pool = pool

    def work(self) -> None:
        with self.world.database.session(self.world.tenant.id) as session:
            lease = self.world.lease(session, self.world.service_id)
            reconcile(session, lease, self.pool, self.world.timing)


def given(world: World) -> dict[str, str]:
    return dict(world.web.given[NAME]["database"])


def stored(owner: Connections) -> str:
    """Everything that the database holds, but the tenant's keys."""
    tables = ("resource", "journal_entry", "audit_event", "wake", "connection", "service")
    with owner.begin() as session:
        return "".join(str(session.execute(text(f"select * from {table}")).all()) for table in tables)


def test_a_site_is_given_its_database_s_credentials(world: World, worker: Worker) -> None:
    world.declare(database(), SITE)
    worker.work()
    assert world.states() == {"database": "live", "site": "live"}
    assert given(world).keys() == {"user", "password"}
    assert given(world)["user"] == "antrean"
    assert world.web.given[IDENTITY] == {}


def test_the_secret_is_nowhere_but_sealed(
    world: World, worker: Worker, owner_database: Connections, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world.declare(database(), SITE)
    worker.work()
    row = world.resources()[IDENTITY]
    assert row.outputs == {"user": "antrean"}
    assert row.sealed_outputs.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    assert given(world)["password"] not in stored(owner_database) + caplog.text


def test_a_new_password_reaches_the_site_though_nothing_of_it_has_changed(world: World, worker: Worker) -> None:
    world.declare(database(), SITE)
    worker.work()
    before = given(world)["password"]
    world.declare(database(rotation=2), SITE)
    worker.work()
    assert given(world)["password"] != before
    assert world.states() == {"database": "live", "site": "live"}
    assert world.resources()[NAME].given == {"database": 2}
    assert world.web.acts[-2:] == [("update", IDENTITY), ("update", NAME)]
    world.do(acts.retry, world.service_id)
    worker.work()
    assert len(world.web.acts) == 4


def test_outputs_that_were_lost_with_a_worker_are_given_again(world: World, worker: Worker) -> None:
    """It died right after ``apply``: the server has it all, and nobody knows the password."""
    dying = [1]

    def die(asked: str) -> None:
        if asked == "verify" and dying:
            dying.pop()
            raise KeyboardInterrupt

    world.declare(database(), SITE)
    world.web.before = die
    with pytest.raises(KeyboardInterrupt):
        worker.work()
    assert world.resources()[IDENTITY].sealed_outputs is None
    world.do(acts.retry, world.service_id)
    release(world)
    worker.work()
    assert world.states() == {"database": "live", "site": "live"}
    assert world.web.acts == [("create", IDENTITY), ("update", IDENTITY), ("create", NAME)]
    assert given(world)["password"]


def test_what_is_live_and_never_gave_its_outputs_is_applied_anew(
    world: World, worker: Worker, owner_database: Connections
) -> None:
    world.declare(database(), SITE)
    worker.work()
    acts_before = len(world.web.acts)
    with owner_database.begin() as session:
        session.execute(text("update resource set outputs_generation = 0 where kind = 'site'"))
    world.declare(database(), SITE)
    worker.work()
    assert world.web.acts[acts_before:] == [("update", NAME)]
    assert world.states() == {"database": "live", "site": "live"}
    row = world.resources()[NAME]
    assert row.outputs_generation == row.generation


def release(world: World) -> None:
    """Let the dead worker's lease pass."""
    with world.database.begin(world.tenant.id) as session:
        session.execute(text("update wake set lease_until = null"))


def test_outputs_survive_a_look_that_changes_nothing(world: World, worker: Worker) -> None:
    world.declare(database(), SITE)
    world.web.before = lambda act: _fail(act) if world.web.standing.get(NAME) else None
    worker.work()
    world.web.before = lambda act: None
    kept = world.resources()[IDENTITY].sealed_outputs
    assert kept
    world.do(acts.retry, world.service_id)
    worker.work()
    assert world.states() == {"database": "live", "site": "live"}
    assert world.resources()[IDENTITY].sealed_outputs == kept


def _fail(act: str) -> None:
    if act == "verify":
        raise ProviderUnavailable("Server tidak menjawab.", log="no answer")


def test_what_is_gone_leaves_no_secret(world: World, worker: Worker) -> None:
    world.declare(database(), SITE)
    worker.work()
    world.do(acts.withdraw, world.service_id)
    worker.work()
    row = world.resources()[IDENTITY]
    assert (row.state, row.outputs, row.sealed_outputs) == ("gone", {}, None)


def test_without_a_recipient_nobody_s_secret_is_kept_and_the_officer_is_told(world: World) -> None:
    world.declare(database(), SITE)
    world.work()
    row = world.resources()[IDENTITY]
    assert (row.state, row.sealed_outputs) == ("failed", None)
    assert "kunci" in row.reason
    assert world.states()["site"] == "planned"


def test_a_worker_without_identities_says_so(world: World, worker: Worker) -> None:
    world.declare(database())
    worker.work()
    world.declare(database(), SITE)
    world.work()
    assert world.states() == {"database": "live", "site": "failed"}
    assert "tidak dapat dibuka" in world.resources()[NAME].reason
