"""SFTP accounts on a real sshd beside a real web server: shut in, let in by key or password, and out again."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import asyncssh
import pyrage
import pytest
from pyrage.x25519 import Identity

from tapak.demo.servers.nginx import NginxServer
from tapak.demo.servers.process import free_port
from tapak.demo.servers.sshd import SshServer
from tapak.sdk.errors import ChangedMeanwhile, ProviderBroken, ProviderError, ProviderUnavailable, StaleFence
from tapak.sdk.provider import Applied, Provider
from tapak.sdk.resources import Account, Php, Site
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import WebHost
from tapak_webhost.agent.crash import CRASHPOINTS
from tapak_webhost.login import new_key, run_alone

T = TypeVar("T")
KEY, PUBLIC = new_key()
OTHER_KEY, OTHER_PUBLIC = new_key()


@pytest.fixture(scope="module")
def sftp() -> Iterator[SshServer]:
    # sshd wants every parent of an account's home to be root's alone, which /tmp isn't.
    with tempfile.TemporaryDirectory(prefix="tapak-test-", dir="/var/lib") as name:
        Path(name).chmod(0o755)
        server = SshServer(Path(name) / "sshd", free_port())
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def host(sftp: SshServer) -> Iterator[WebHost]:
    server = NginxServer(sftp.directory.parent / "nginx", free_port(), sftp)
    server.start()
    host = WebHost(server)
    yield host
    host.let_go()


@pytest.fixture
def provider(host: WebHost) -> Iterator[Provider]:
    with host.provider() as provider:
        yield provider


@pytest.fixture
def site(provider: Provider) -> Site:
    site = new_site()
    apply(provider, site)
    return site


@pytest.fixture
def identity() -> Identity:
    return Identity.generate()


def opened(applied: Applied, identity: Identity) -> str:
    """The password, as who it was sealed for reads it."""
    return pyrage.decrypt(applied.outputs["password"].encode(), [identity]).decode()


def logged_in(applied: Applied, work: Callable[[asyncssh.SFTPClient], Awaitable[T]], **how: Any) -> T:
    """What ``work`` gives in a session of the account, at the host whose key was told."""
    told = applied.outputs

    async def session() -> T:
        known = f"[{told['host']}]:{told['port']} {told['host_key']}\n".encode()
        options = {"client_keys": [], "agent_path": None, "config": None, **how}
        async with (
            asyncssh.connect(
                told["host"], told["port"], username=told["user"], known_hosts=known, **options
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            return await work(client)

    return run_alone(session)


async def upload(client: asyncssh.SFTPClient) -> None:
    async with client.open("index.html", "w") as file:
        await file.write("dari pemilik")
    await client.mkdir("aset")
    async with client.open("/public/aset/a.css", "w") as file:
        await file.write("b")


async def nothing(client: asyncssh.SFTPClient) -> str:
    return str(await client.realpath("."))


def test_an_owner_sends_files_by_key(host: WebHost, provider: Provider, site: Site) -> None:
    wanted = Account(site.name, (f"{PUBLIC} catatan",))
    assert standing(provider, wanted) is None
    applied = apply(provider, wanted)
    assert set(applied.outputs) == {"user", "host", "port", "host_key"}
    assert standing(provider, wanted) == wanted
    assert live(provider, wanted)
    logged_in(applied, upload, client_keys=[KEY])
    assert host.fetch(site.name).text == "dari pemilik"
    assert host.fetch(site.name, "/aset/a.css").text == "b"
    with pytest.raises(asyncssh.PermissionDenied):
        logged_in(applied, nothing, client_keys=[OTHER_KEY])


def test_a_password_leaves_sealed_only_and_lets_in(provider: Provider, site: Site, identity: Identity) -> None:
    wanted = Account(site.name, recipient=str(identity.to_public()))
    applied = apply(provider, wanted)
    password = opened(applied, identity)
    assert len(password) == 24
    assert password not in str(applied)
    assert logged_in(applied, nothing, password=password) == "/public"
    with pytest.raises(asyncssh.PermissionDenied):
        logged_in(applied, nothing, password=f"{password}x")
    assert standing(provider, wanted) == wanted
    assert live(provider, wanted)
    assert apply(provider, wanted) == applied


def test_another_recipient_means_another_password(provider: Provider, site: Site, identity: Identity) -> None:
    wanted = Account(site.name, (PUBLIC,), str(identity.to_public()))
    applied = apply(provider, wanted)
    other = Identity.generate()
    again = apply(provider, replace(wanted, recipient=str(other.to_public())), wanted)
    assert opened(again, other) != opened(applied, identity)
    with pytest.raises(asyncssh.PermissionDenied):
        logged_in(again, nothing, password=opened(applied, identity))
    keyed = replace(wanted, recipient="")
    plain = apply(provider, keyed, replace(wanted, recipient=str(other.to_public())))
    with pytest.raises(asyncssh.PermissionDenied):
        logged_in(plain, nothing, password=opened(again, other))
    assert logged_in(plain, nothing, client_keys=[KEY]) == "/public"
    assert live(provider, keyed)


def test_nobody_leaves_the_directory_of_the_site(host: WebHost, provider: Provider, site: Site) -> None:
    other = new_site(php=Php())
    apply(provider, other)
    applied = apply(provider, Account(site.name, (PUBLIC,)))

    async def look(client: asyncssh.SFTPClient) -> set[str]:
        for path in ("/etc/passwd", "../../../etc/passwd", f"/../{other.name}/public/index.html"):
            assert not await client.exists(path)
        for path in ("/baru", "/site.json", "/releases/x"):
            with pytest.raises((asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchFile)):
                async with client.open(path, "w") as file:
                    await file.write("x")
        for link in (client.symlink, client.link):
            with pytest.raises((asyncssh.SFTPPermissionDenied, asyncssh.SFTPOpUnsupported)):
                await link("index.html", "sandi.txt")
        return set(await client.listdir("/"))

    assert logged_in(applied, look, client_keys=[KEY]) == {".", "..", "public", "site.json"}
    assert host.fetch(site.name, "/sandi.txt").status == 404


def test_there_is_no_shell_and_no_tunnel(provider: Provider, site: Site) -> None:
    told = apply(provider, Account(site.name, (PUBLIC,))).outputs

    async def session() -> tuple[str, str]:
        known = f"[{told['host']}]:{told['port']} {told['host_key']}\n".encode()
        async with asyncssh.connect(
            told["host"], told["port"], username=told["user"], known_hosts=known, client_keys=[KEY], config=None
        ) as connection:
            with suppress(asyncssh.Error, TimeoutError):
                done = await asyncio.wait_for(connection.run("id", input=""), 2)
                assert "uid" not in str(done.stdout)
            with pytest.raises(asyncssh.ChannelOpenError) as refused:
                await connection.open_connection("127.0.0.1", told["port"])
            return "no shell", refused.type.__name__

    assert run_alone(session) == ("no shell", "ChannelOpenError")


def test_an_account_taken_away_lets_nobody_in(provider: Provider, site: Site, identity: Identity) -> None:
    wanted = Account(site.name, (PUBLIC,), str(identity.to_public()))
    applied = apply(provider, wanted)
    apply(provider, None, wanted)
    assert standing(provider, wanted) is None
    (gone,) = provider.verify_gone([wanted], timeout=1)
    assert gone.live
    assert not live(provider, wanted, timeout=0.05)
    for how in ({"client_keys": [KEY]}, {"password": opened(applied, identity)}):
        with pytest.raises(asyncssh.PermissionDenied):
            logged_in(applied, nothing, **how)


def test_a_session_ends_with_its_account(provider: Provider, site: Site) -> None:
    wanted = Account(site.name, (PUBLIC,))
    applied = apply(provider, wanted)

    async def stay(client: asyncssh.SFTPClient) -> None:
        await asyncio.to_thread(apply, provider, None, wanted)
        await client.listdir("/")

    with pytest.raises((asyncssh.Error, OSError)):
        logged_in(applied, stay, client_keys=[KEY])


def test_an_account_goes_with_its_site(host: WebHost, provider: Provider, site: Site) -> None:
    wanted = Account(site.name, (PUBLIC,))
    applied = apply(provider, wanted)
    apply(provider, None, site)
    with pytest.raises(asyncssh.PermissionDenied):
        logged_in(applied, nothing, client_keys=[KEY])
    assert standing(provider, wanted) is None
    assert host.server.sftp is not None
    assert applied.outputs["user"] not in {path.name for path in host.server.sftp.keys.iterdir()}


def test_a_key_added_and_a_password_set_by_hand_are_seen(
    host: WebHost, provider: Provider, site: Site, identity: Identity
) -> None:
    wanted = Account(site.name, (PUBLIC,), str(identity.to_public()))
    applied = apply(provider, wanted)
    assert host.server.sftp is not None
    with (host.server.sftp.keys / applied.outputs["user"]).open("a") as stream:
        stream.write(f"{OTHER_PUBLIC}\n")
    found = standing(provider, wanted)
    assert found == replace(wanted, keys=(PUBLIC, OTHER_PUBLIC))
    apply(provider, wanted, found)
    assert standing(provider, wanted) == wanted
    os.system(f"usermod --password '$6$x$y' {applied.outputs['user']}")
    found = standing(provider, wanted)
    assert found == replace(wanted, recipient="changed-by-hand")
    again = apply(provider, wanted, found)
    assert logged_in(again, nothing, password=opened(again, identity)) == "/public"


@pytest.mark.parametrize(
    "key",
    [
        f'command="id" {PUBLIC}',
        f"{PUBLIC}\nssh-ed25519 AAAA",
        "ssh-ed25519 AAAA",
        PUBLIC.replace("ssh-ed25519", "ssh-rsa"),
        "ssh-ed25519",
        "bukan kunci",
        "",
    ],
    # The keys are drawn anew in each process: their text can't name a test.
    ids=["option", "second line", "too short", "other kind", "no key", "words", "nothing"],
)
def test_what_is_no_key_is_refused(provider: Provider, site: Site, key: str) -> None:
    wanted = Account(site.name)
    object.__setattr__(wanted, "keys", (key,))
    with pytest.raises(ProviderError):
        apply(provider, wanted)
    assert standing(provider, wanted) is None


@pytest.mark.parametrize("recipient", ["age1salah", "changed-by-hand", "x"])
def test_what_is_no_recipient_is_refused(provider: Provider, site: Site, recipient: str) -> None:
    with pytest.raises(ProviderError):
        apply(provider, Account(site.name, recipient=recipient))
    assert standing(provider, Account(site.name)) is None


def test_an_account_without_site_is_refused(provider: Provider) -> None:
    with pytest.raises(ProviderError):
        apply(provider, Account(new_site().name, (PUBLIC,)))


def test_an_account_without_key_or_password_lets_nobody_in_until_it_gets_one(provider: Provider, site: Site) -> None:
    bare = Account(site.name)
    applied = apply(provider, bare)
    assert standing(provider, bare) == bare
    assert live(provider, bare)
    for how in ({"client_keys": [KEY]}, {"password": ""}, {"password": "*"}):
        with pytest.raises(asyncssh.PermissionDenied):
            logged_in(applied, nothing, **how)
    keyed = Account(site.name, (PUBLIC,))
    assert logged_in(apply(provider, keyed, bare), nothing, client_keys=[KEY]) == "/public"
    apply(provider, bare, keyed)
    with pytest.raises(asyncssh.PermissionDenied):
        logged_in(applied, nothing, client_keys=[KEY])


def test_a_change_meanwhile_and_an_old_worker_are_turned_away(provider: Provider, site: Site) -> None:
    wanted, other = Account(site.name, (PUBLIC,)), Account(site.name, (OTHER_PUBLIC,))
    apply(provider, wanted, fence=5)
    with pytest.raises(ChangedMeanwhile):
        apply(provider, other, None, fence=5)
    with pytest.raises(StaleFence):
        apply(provider, other, wanted, fence=4)
    apply(provider, replace(site, title="Lain"), site, fence=1)


def test_a_password_that_does_not_let_in_is_told_and_the_account_closed(
    host: WebHost, provider: Provider, site: Site, identity: Identity
) -> None:
    elsewhere = {"address": f"127.0.0.1:{free_port()}", "host_key": str(host.server.sftp.host_key) + ".pub"}  # type: ignore[union-attr]
    config = host.agent_config("far.toml", sftp={**elsewhere, "keys_dir": str(host.server.sftp.keys)})  # type: ignore[union-attr]
    wanted = Account(site.name, recipient=str(identity.to_public()))
    with host.provider(agent_config=config) as far, pytest.raises(ProviderBroken, match="log-in"):
        apply(far, wanted)
    assert standing(provider, wanted) is None


def test_a_server_with_another_key_is_not_trusted(host: WebHost, provider: Provider, site: Site) -> None:
    wanted = Account(site.name, (PUBLIC,))
    apply(provider, wanted)
    assert host.server.sftp is not None
    false_key = host.server.directory / "false.pub"
    false_key.write_text(OTHER_PUBLIC)
    settings = {
        "address": f"127.0.0.1:{host.server.sftp.port}",
        "host_key": str(false_key),
        "keys_dir": str(host.server.sftp.keys),
    }
    with host.provider(agent_config=host.agent_config("false.toml", sftp=settings)) as misled:
        (seen,) = misled.verify([wanted], timeout=0.2)
    assert not seen.live
    assert "kunci server" in seen.probes[1].answer


CHANGES = {
    "make": (None, ((PUBLIC,), True)),
    "change": (((PUBLIC,), False), ((OTHER_PUBLIC,), True)),
    "remove": (((PUBLIC,), True), None),
}
DEATHS = [
    *(("make", f"account.{point}") for point in ("keyed", "opened", "recorded")),
    *(("change", f"account.{point}") for point in ("keyed", "opened", "recorded")),
    ("remove", "account.locked"),
]


def test_every_crash_point_is_tried() -> None:
    assert {point for _, point in DEATHS} == {point for point in CRASHPOINTS if point.startswith("account.")}


@pytest.mark.parametrize(("change", "point"), DEATHS)
def test_an_agent_killed_anywhere_is_made_good(
    host: WebHost, provider: Provider, site: Site, identity: Identity, change: str, point: str
) -> None:
    def account(given: tuple[tuple[str, ...], bool] | None) -> Account | None:
        return given and Account(site.name, given[0], str(identity.to_public()) if given[1] else "")

    old, new = (account(given) for given in CHANGES[change])
    if old is not None:
        apply(provider, old)
    with host.killed_at(point) as doomed, pytest.raises(ProviderUnavailable) as told:
        apply(doomed, new, old)
    assert "ended" in told.value.log
    spec = Account(site.name)
    applied = apply(provider, new, standing(provider, spec) if new else standing(provider, spec) or old)
    assert standing(provider, spec) == new
    if new is not None:
        assert live(provider, new)
        assert logged_in(applied, nothing, password=opened(applied, identity)) == "/public"


def test_a_log_in_is_tried_from_a_thread_whose_loop_runs(provider: Provider, site: Site) -> None:
    wanted = Account(site.name, (PUBLIC,))

    async def in_a_loop() -> None:
        apply(provider, wanted)
        (seen,) = provider.verify([wanted], timeout=10)
        assert seen.live

    run_alone(in_a_loop)
