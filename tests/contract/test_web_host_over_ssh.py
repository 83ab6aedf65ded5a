"""Nginx whose agent is behind a real sshd: the same contract, and what may happen to the way there."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from tapak.demo.servers.nginx import NginxServer
from tapak.demo.servers.process import free_port, wait_until
from tapak.sdk.errors import ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable
from tapak.sdk.provider import Provider
from tapak.sdk.resources import Release
from tapak.testing.agent_ssh import AgentSshServer, RemoteWebHost
from tapak.testing.archives import tar_of
from tapak.testing.site_contract import SiteProviderContract as Contract
from tapak.testing.site_host import apply, live, new_site, standing
from tapak_webhost.login import Door, new_key, try_login
from tapak_webhost.provider import NginxProvider

SITE = new_site()
HELLO = '{"id": 1, "ok": true, "result": {"protocol": 1, "server": "nginx", "host": {}}}'


@pytest.fixture(scope="module")
def remote() -> Iterator[RemoteWebHost]:
    # sshd wants every parent of the keys' directory to be root's alone, which /tmp isn't.
    with tempfile.TemporaryDirectory(prefix="tapak-test-", dir="/var/lib") as name:
        place = Path(name)
        place.chmod(0o755)
        sshd = AgentSshServer(place / "sshd", free_port())
        sshd.start()
        server = NginxServer(place / "nginx", free_port(), tls_port=free_port())
        server.start()
        host = RemoteWebHost(server, sshd)
        host.authorize()
        yield host
        host.let_go()
        sshd.stop()


@pytest.fixture(scope="module")
def worker(remote: RemoteWebHost) -> Iterator[Provider]:
    """One provider with one connection for all tests, as a worker has."""
    with remote.provider() as provider:
        yield provider


@pytest.fixture
def provider(worker: Provider) -> Provider:
    return worker


class TestOverSsh:
    """What of the contract says something of the way there; whole it is tried on agents of this machine."""

    @pytest.fixture
    def host(self, remote: RemoteWebHost) -> RemoteWebHost:
        return remote

    test_connection = Contract.test_the_connection_test_passes_and_leaves_nothing
    test_made = Contract.test_a_site_is_made_shown_and_verified
    test_again = Contract.test_doing_it_again_changes_nothing
    test_update = Contract.test_an_update_shows_and_the_owners_files_stay
    test_removal = Contract.test_a_site_is_taken_away_and_may_come_again
    test_unobserved = Contract.test_what_was_not_observed_is_not_changed
    test_foreign = Contract.test_somebody_elses_site_is_seen_and_left_alone
    test_words = Contract.test_words_stay_words
    test_directives = Contract.test_directives_of_its_own_and_back
    test_broken = Contract.test_a_broken_configuration_is_told_and_not_made_worse
    test_fence = Contract.test_a_worker_that_woke_late_is_turned_away
    test_verifying = Contract.test_verifying_ends_at_the_deadline_and_tells_what_was_seen
    test_suspended_php = Contract.test_a_suspended_site_runs_no_php


def failed(provider: Provider) -> dict[str, str]:
    """What a connection test finds wrong."""
    return {check.name: check.message for check in provider.check() if not check.ok}


def run(remote: RemoteWebHost, *words: str) -> subprocess.CompletedProcess[bytes]:
    """What OpenSSH's own client gets for ``words`` with the agent's key."""
    known = remote.sshd.directory / "known_hosts"
    known.write_text(f"[127.0.0.1]:{remote.sshd.port} {remote.sshd.public.read_text()}")
    options = ["-F", "none", "-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes", "-i", str(remote.key_file)]
    command = ["ssh", "-p", str(remote.sshd.port), *options, "127.0.0.1", *words]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=20, check=False)


def test_one_connection_serves_many_calls(remote: RemoteWebHost, provider: Provider) -> None:
    standing(provider, SITE)
    before = remote.sshd.connections()
    for _ in range(5):
        standing(provider, SITE)
    assert remote.sshd.connections() == before != []


def test_the_key_runs_nothing_but_the_agent(remote: RemoteWebHost) -> None:
    wanted = remote.sshd.directory / "made-by-another-command"
    for words in (["touch", str(wanted)], ["-s", "sftp"], ["-t", "sh"]):
        done = run(remote, *words)
        assert done.stdout == b""
    assert not wanted.exists()
    assert run(remote, "-W", f"127.0.0.1:{remote.server.port}").returncode != 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ('command="ANYTHING" ', "menjalankan perintah lain dan meneruskan koneksi"),
        ('restrict,command="ANYTHING" ', "menjalankan perintah lain"),
        ('command="AGENT" ', "meneruskan koneksi"),
    ],
)
def test_a_key_that_may_do_more_is_told(remote: RemoteWebHost, options: str, told: str) -> None:
    line = remote.authorize()
    command, public = line.split('"')[1], line.split('" ')[1]
    # As a key without a command is for others than root, whom sshd doesn't let in with such a one.
    anything = remote.sshd.directory / "anything"
    anything.write_text(
        f'#!/bin/sh\nif [ "$SSH_ORIGINAL_COMMAND" = tapak-webhost ]; then exec {command}; fi\n'
        'exec sh -c "$SSH_ORIGINAL_COMMAND"\n'
    )
    anything.chmod(0o755)
    remote.sshd.authorize(options.replace("AGENT", command).replace("ANYTHING", str(anything)) + public)
    try:
        with remote.provider() as provider:
            problems = failed(provider)
        assert list(problems) == ["Kunci SSH"]
        assert f"juga dapat {told}." in problems["Kunci SSH"]
    finally:
        remote.authorize()


def test_a_host_that_shows_another_key_is_refused(remote: RemoteWebHost) -> None:
    pinned = "Kunci host 127.0.0.1 bukan yang dicatat"
    with remote.provider() as provider:
        assert standing(provider, SITE) is None
        with remote.sshd.replaced():
            shown = asyncssh.read_public_key(remote.sshd.public).get_fingerprint()
            with pytest.raises(ProviderBroken) as told:
                apply(provider, SITE)
            assert pinned in told.value.message
            assert shown in told.value.message
            assert shown in failed(provider)["Agen"]
        assert failed(provider) == {}
    _, other = new_key()
    with remote.provider(ssh_host_key=f"{other}\n{remote.sshd.public.read_text()}") as provider:
        assert standing(provider, SITE) is None
    rsa = asyncssh.generate_private_key("ssh-rsa").export_public_key().decode()
    with remote.provider(ssh_host_key=rsa) as provider:
        assert pinned in failed(provider)["Agen"]


def test_what_is_wrong_with_the_way_is_told(remote: RemoteWebHost) -> None:
    other, _ = new_key()
    with remote.provider(ssh_key=other.export_private_key().decode()) as provider:
        with pytest.raises(ProviderDenied):
            standing(provider, SITE)
        told = failed(provider)["Agen"]
        assert f"menolak kunci SSH pengguna {remote.settings()['ssh_user']}" in told
        assert "--authorize" in told
    with remote.provider(ssh_port=free_port()) as provider:
        with pytest.raises(ProviderUnavailable):
            standing(provider, SITE)
        assert "tidak dapat dihubungi lewat SSH: koneksi ditolak" in failed(provider)["Agen"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with (
            remote.provider(ssh_port=port, timeout=0.3) as provider,
            pytest.raises(ProviderUnavailable) as seen,
        ):
            standing(provider, SITE)
    assert "tidak menjawab dalam batas waktu" in seen.value.message


@pytest.mark.parametrize(
    ("command", "error", "told"),
    [
        ("/nowhere/tapak-webhost", ProviderBroken, "agen tidak berjalan di sana"),
        ("PYTHON -c 'import tidak_ada'", ProviderBroken, "agen tidak berjalan di sana"),
        ("echo selamat datang; cat", ProviderBroken, "tidak dapat dibaca"),
        (f"""read line; echo '{HELLO}'; cat""", ProviderBroken, "Versi agen"),
        ("cat > /dev/null", ProviderUnavailable, "tidak menjawab"),
    ],
)
def test_what_runs_there_in_the_agents_place_is_told(
    remote: RemoteWebHost, command: str, error: type[ProviderError], told: str
) -> None:
    line = remote.authorize()
    escaped = command.replace("PYTHON", sys.executable).replace('"', '\\"')
    remote.sshd.authorize(line.replace(line.split('"')[1], escaped))
    try:
        with remote.provider(timeout=0.5 if error is ProviderUnavailable else 10.0) as provider:
            with pytest.raises(error) as seen:
                standing(provider, SITE)
            assert type(seen.value) is error
            assert told in seen.value.message
    finally:
        remote.authorize()


def test_a_connection_cut_in_the_midst_of_a_change(remote: RemoteWebHost, provider: Provider) -> None:
    site = new_site()
    standing(provider, site)
    with ThreadPoolExecutor(1) as pool:
        held = os.open(remote.server.web, os.O_RDONLY)
        try:
            # While another holds the host, the agent waits with the change in its hands.
            fcntl.flock(held, fcntl.LOCK_EX)
            change = pool.submit(apply, provider, site)
            wait_until(lambda: change.running(), 5, "the change to be asked for")
            with pytest.raises(TimeoutError):
                change.result(timeout=0.3)
            remote.sshd.cut()
            with pytest.raises(ProviderUnavailable):
                change.result(timeout=5)
        finally:
            os.close(held)
    found = standing(provider, site)
    assert found in {None, site}
    apply(provider, site, found)
    assert live(provider, site)
    assert remote.leftovers() == []


def test_a_server_that_went_away_is_connected_to_again(remote: RemoteWebHost, provider: Provider) -> None:
    site = new_site()
    apply(provider, site)
    remote.sshd.cut()
    remote.sshd.stop()
    with pytest.raises(ProviderUnavailable):
        standing(provider, site)
    remote.sshd.start()
    assert standing(provider, site) == site


def test_a_release_is_sent_in_pieces(remote: RemoteWebHost, provider: Provider, tmp_path: Path) -> None:
    site = new_site()
    apply(provider, site)
    archive = tar_of(tmp_path / "a.tar", {"index.html": b"rilis", "data.bin": os.urandom(3_000_000)})
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    provider.open_archive = lambda wanted: archive.open("rb")
    release = Release(site.name, sha256)
    apply(provider, release)
    assert live(provider, release)
    assert remote.fetch(site.name).text == "rilis"


def test_a_key_is_pinned_at_the_usual_port_too() -> None:
    """OpenSSH writes no port into known_hosts where it is 22."""
    address = f"127.{os.getpid() % 200 + 1}.0.22"
    with tempfile.TemporaryDirectory(prefix="tapak-test-", dir="/var/lib") as name:
        Path(name).chmod(0o755)
        sshd = AgentSshServer(Path(name) / "sshd", 22, address=address)
        sshd.start()
        try:
            key, _ = new_key()
            door = Door("root", address, 22, sshd.public.read_text())
            assert try_login(door, 5, key=key) == "tidak diterima"
            _, other = new_key()
            assert try_login(replace(door, host_key=other), 5, key=key) == "kunci server bukan yang dikenal"
        finally:
            sshd.stop()


@pytest.mark.parametrize(
    "given", ["", "ssh-ed25519 AAAA", "/nowhere.pub", "ssh-ed25519 KEY\nssh-ed25519 KEY", "ssh-rsa KEY"]
)
def test_only_a_public_key_is_authorized(remote: RemoteWebHost, given: str) -> None:
    key = remote.sshd.public.read_text().split()[1]
    command = [sys.executable, "-m", "tapak_webhost.agent", "--authorize", given.replace("KEY", key)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, done.stdout) == (True, "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ssh_host", "-oProxyCommand=id"),
        ("ssh_host", "a b"),
        ("ssh_user", "root;id"),
        ("ssh_port", 0),
        ("ssh_host_key", ""),
        ("ssh_host_key", "ssh-ed25519 bukan"),
        ("ssh_key", ""),
        ("ssh_key", "bukan kunci"),
        ("ssh_key", "LOCKED"),
    ],
)
def test_settings_of_the_way_are_refused_by_field(remote: RemoteWebHost, field: str, value: object) -> None:
    schema = NginxProvider.settings_schema()
    good = {**remote.settings(), "base_url": remote.server.url}
    key, _ = new_key()
    if value == "LOCKED":
        value = key.export_private_key(passphrase="sandi").decode()
    assert schema.validate(good) == {}
    assert schema.validate({**good, "ssh_key": str(good["ssh_key"]).replace("\n", "\r\n")}) == {}
    problems = schema.validate({**good, field: value})
    assert list(problems) == [field]
    assert "PRIVATE" not in str(problems)
    assert list(schema.validate({"base_url": remote.server.url})) == ["ssh_host"]
