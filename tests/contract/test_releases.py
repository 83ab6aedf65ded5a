"""Releases of applications on real Apache and Nginx: exactly the verified archive, switched in one step and back."""

from __future__ import annotations

import hashlib
import io
import os
import pwd
import signal
import sys
import tarfile
import threading
import time
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pytest

from tapak.demo.servers.process import free_port, wait_until
from tapak.demo.servers.web import WebServer
from tapak.sdk.certificates import Https
from tapak.sdk.errors import ChangedMeanwhile, ProviderDenied, ProviderError, ProviderUnavailable, StaleFence
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import Php, Redirect, Release, Site
from tapak.testing.certificates import Authority, given
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import SERVERS, WebHost
from tapak_webhost.agent.crash import CRASHPOINTS
from tapak_webhost.agent.users import name_of


@dataclass
class Shelf:
    """Archives by hash, as core keeps them."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self.kept[sha256] = content
        return sha256

    def open(self, sha256: str) -> BinaryIO:
        return io.BytesIO(self.kept[sha256])


def zipped(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(files: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    return stream.getvalue()


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(server_directory: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    server = SERVERS[request.param](server_directory / f"{request.param}-releases", free_port(), tls_port=free_port())
    server.start()
    yield server
    WebHost(server).let_go()


@pytest.fixture(scope="module")
def host(server: WebServer) -> WebHost:
    return WebHost(server)


@pytest.fixture(scope="module")
def worker(host: WebHost) -> Iterator[Provider]:
    with host.provider() as provider:
        yield provider


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def provider(worker: Provider, shelf: Shelf) -> Provider:
    worker.open_archive = shelf.open
    return worker


@pytest.fixture
def site(provider: Provider) -> Site:
    site = new_site()
    apply(provider, site)
    return site


def release(site: Site, shelf: Shelf, word: str, **fields: int) -> Release:
    return Release(site.name, shelf.put(zipped({"index.html": word, f"{word}.txt": word})), **fields)


def beside(host: WebHost, site: Site) -> set[str]:
    return {path.name for path in (host.server.sites / site.name / "releases").iterdir()}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_application_is_live(host: WebHost, provider: Provider, shelf: Shelf, site: Site, pack: object) -> None:
    content = pack({"index.html": "halo", "aset/a.css": "b"})  # type: ignore[operator]
    wanted = Release(site.name, shelf.put(content))
    assert standing(provider, wanted) is None
    assert apply(provider, wanted).outputs["sha256"] == wanted.sha256
    assert host.fetch(site.name).text == "halo"
    assert host.fetch(site.name, "/aset/a.css").text == "b"
    assert host.fetch(site.name, "/.tapak-release").status in {403, 404}
    assert standing(provider, wanted) == wanted
    assert standing(provider, site) == site
    assert live(provider, wanted)
    assert apply(provider, wanted) == apply(provider, wanted)
    assert list((host.server.directory / "agent" / "archives").iterdir()) == []


def test_its_files_belong_to_the_site(host: WebHost, provider: Provider, shelf: Shelf, site: Site) -> None:
    apply(provider, release(site, shelf, "satu"))
    user = pwd.getpwnam(name_of(host.server.sites / site.name))
    public = host.server.sites / site.name / "public"
    found = {path.stat().st_uid for path in (public, public / "index.html")}
    assert found == {user.pw_uid}
    assert (public / ".tapak-release").stat().st_uid == os.geteuid()
    assert (public.stat().st_mode & 0o7777, (public.parent / "releases").stat().st_mode & 0o777) == (0o2750, 0o700)


def test_the_newest_go_live_and_some_are_kept(host: WebHost, provider: Provider, shelf: Shelf, site: Site) -> None:
    made = [release(site, shelf, word, keep=2) for word in ("satu", "dua", "tiga", "empat")]
    for before, wanted in zip([None, *made], made, strict=False):
        apply(provider, wanted, before)
        assert standing(provider, wanted) == wanted
    assert host.fetch(site.name).text == "empat"
    assert host.fetch(site.name, "/tiga.txt").status == 404
    assert beside(host, site) == {made[1].sha256, made[2].sha256, "initial"}


def test_it_is_switched_back_on_demand_without_the_archive(
    host: WebHost, provider: Provider, shelf: Shelf, site: Site
) -> None:
    one, two = release(site, shelf, "satu"), release(site, shelf, "dua")
    apply(provider, one)
    apply(provider, two, one)
    shelf.kept.clear()
    apply(provider, one, two)
    assert host.fetch(site.name).text == "satu"
    assert standing(provider, one) == one
    assert live(provider, one)
    assert not live(provider, two, timeout=0.05)


def test_what_was_before_the_first_one_comes_back(host: WebHost, provider: Provider, shelf: Shelf, site: Site) -> None:
    host.put(site.name, "lama.txt", "milik pemilik")
    wanted = release(site, shelf, "satu")
    apply(provider, wanted)
    assert host.fetch(site.name, "/lama.txt").status == 404
    apply(provider, None, wanted)
    assert host.fetch(site.name, "/lama.txt").text == "milik pemilik"
    assert "sedang disiapkan" in host.fetch(site.name).text
    assert standing(provider, wanted) is None
    (gone,) = provider.verify_gone([wanted], timeout=1)
    assert gone.live
    assert list((host.server.web / "removed").glob(f"*/{site.name}.releases/{wanted.sha256}/index.html"))


def test_a_release_with_which_the_site_fails_is_taken_back(
    host: WebHost, provider: Provider, shelf: Shelf, site: Site
) -> None:
    good = release(site, shelf, "satu")
    apply(provider, good)
    bad = Release(site.name, shelf.put(zipped({"situs/index.html": "salah folder"})))
    with pytest.raises(ProviderError, match="answers 40") as told:
        apply(provider, bad, good)
    assert "dikembalikan" in told.value.message
    assert host.fetch(site.name).text == "satu"
    assert standing(provider, good) == good
    assert live(provider, good)


def test_what_php_still_answers_from_memory_speaks_for_no_release(
    host: WebHost, provider: Provider, shelf: Shelf
) -> None:
    site = new_site(php=Php())
    apply(provider, site)
    good = Release(site.name, shelf.put(zipped({"index.php": "<?php echo 'satu';"})))
    apply(provider, good)
    log = host.server.directory / "agent" / "php" / f"{site.name}.log"
    wait_until(lambda: log.read_bytes().count(b"ready to handle connections") >= 2, 10, "PHP to have begun anew")
    # PHP keeps no file in memory that is younger than two seconds.
    os.utime(host.server.sites / site.name / "public" / "index.php", (1_000_000_000, 1_000_000_000))
    assert host.fetch(site.name).text == "satu"
    bad = Release(site.name, shelf.put(zipped({"index.php": "<?php http_response_code(500); echo 'rusak';"})))
    master = int((host.server.directory / "agent" / "php" / f"{site.name}.pid").read_text())
    os.kill(master, signal.SIGSTOP)
    waking = threading.Timer(1.5, os.kill, (master, signal.SIGCONT))
    waking.start()
    try:
        with pytest.raises(ProviderError, match="answers 500"):
            apply(provider, bad, good)
    finally:
        waking.join()
    assert host.fetch(site.name).text == "satu"
    assert standing(provider, good) == good


def test_a_site_that_leads_to_https_is_asked_there(host: WebHost, shelf: Shelf, authority: Authority) -> None:
    with host.provider(authorities=authority.root) as provider:
        provider.open_archive = shelf.open
        site = new_site(https=Https(redirect=True))
        apply(provider, site, certificate=given(authority.issue("*.example.test")))
        good = release(site, shelf, "satu")
        apply(provider, good)
        bad = Release(site.name, shelf.put(zipped({"situs/index.html": "salah folder"})))
        with pytest.raises(ProviderError, match="answers 40"):
            apply(provider, bad, good)
        assert host.handshake(site.name, authority.root).status == 200
        assert live(provider, good)


def switched(host: WebHost, provider: Provider, made: Sequence[Release], turns: int) -> set[tuple[int, str]]:
    """What eight visitors get while a site goes from one of two releases to the other."""
    over = threading.Event()

    def visit() -> set[tuple[int, str]]:
        seen = set()
        while not over.is_set():
            answer = host.fetch(made[0].site)
            seen.add((answer.status, answer.text))
        return seen

    with ThreadPoolExecutor(8) as crowd:
        visits = [crowd.submit(visit) for _ in range(8)]
        try:
            for turn in range(turns):
                apply(provider, made[(turn + 1) % 2], made[turn % 2])
        finally:
            over.set()
    return set().union(*(visit.result() for visit in visits))


def test_no_visitor_of_php_meets_a_gap(host: WebHost, provider: Provider, shelf: Shelf) -> None:
    site = new_site(php=Php())
    apply(provider, site)
    code = "<?php usleep(3000); echo 'rilis ', {} + 0;"
    made = [Release(site.name, shelf.put(zipped({"index.php": code.format(number)}))) for number in (1, 2)]
    for number, (before, wanted) in enumerate(zip([None, *made], made, strict=False), 1):
        apply(provider, wanted, before)
        assert host.fetch(site.name).text == f"rilis {number}"
    apply(provider, made[0], made[1])
    assert switched(host, provider, made, 6) == {(200, "rilis 1"), (200, "rilis 2")}
    assert live(provider, site)


def test_no_visitor_meets_a_gap_or_a_mix(host: WebHost, provider: Provider, shelf: Shelf, site: Site) -> None:
    texts = ("satu " * 9000, "dua")
    made = [Release(site.name, shelf.put(zipped({"index.html": text}))) for text in texts]
    apply(provider, made[0])
    assert switched(host, provider, made, 6) == {(200, text) for text in texts}


def test_a_site_with_directives_keeps_them_while_it_is_switched(
    host: WebHost, provider: Provider, shelf: Shelf
) -> None:
    site = new_site(redirects=(Redirect("/lama.d", "/baru", 302),), headers=(("X-Uji", "ya"),))
    apply(provider, site)
    made = [release(site, shelf, word) for word in ("satu", "dua")]
    apply(provider, made[0])
    over = threading.Event()

    def visit() -> set[tuple[int, str, str]]:
        seen = set()
        while not over.is_set():
            for path in ("/", "/lama.d/x", "/.tapak-release"):
                answer = host.fetch(site.name, path)
                seen.add((answer.status, answer.headers.get("location", ""), answer.headers.get("x-uji", "")))
        return seen

    with ThreadPoolExecutor(4) as crowd:
        visits = [crowd.submit(visit) for _ in range(4)]
        try:
            for turn in range(4):
                apply(provider, made[(turn + 1) % 2], made[turn % 2])
        finally:
            over.set()
    seen = set().union(*(visit.result() for visit in visits))
    assert {(status, header) for status, _, header in seen} == {(200, "ya"), (302, "ya"), (403, "ya")}
    assert {location.removeprefix(f"http://{site.name}") for _, location, _ in seen} == {"", "/baru/x"}


@pytest.mark.parametrize(
    "files", [{"../../keluar.txt": "x"}, {"/etc/keluar.txt": "x"}, {".tapak-release": "{}"}, {"a\\..\\b": "x"}]
)
def test_an_archive_that_reaches_out_changes_nothing(
    host: WebHost, provider: Provider, shelf: Shelf, site: Site, files: dict[str, str]
) -> None:
    bad = Release(site.name, shelf.put(zipped(files)))
    with pytest.raises(ProviderError, match="archive_refused"):
        apply(provider, bad)
    assert "sedang disiapkan" in host.fetch(site.name).text
    assert standing(provider, bad) is None
    assert host.leftovers() == []
    assert not list(host.server.directory.rglob("keluar.txt"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("api/entries/more than.php", "'api/entries/more than.php' ada dua kali"),
        ("../entries.php", "'../entries.php' bukan jalur yang wajar di dalam arsip"),
    ],
)
def test_why_an_archive_is_refused_is_told_in_words_and_with_what_visitors_see(
    provider: Provider, shelf: Shelf, site: Site, name: str, told: str
) -> None:
    made = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(made, "w") as archive:
        for content in ("satu", "dua"):
            archive.writestr(name, content)
    bad = Release(site.name, shelf.put(made.getvalue()))
    with pytest.raises(ProviderError) as first:
        apply(provider, bad)
    assert first.value.message == (
        f"Arsip aplikasi tidak dapat dipasang: {told}. Situs tetap menampilkan halaman sebelumnya. "
        "Perbaiki arsipnya, lalu kirim lagi."
    )
    good = release(site, shelf, "satu")
    apply(provider, good)
    with pytest.raises(ProviderError) as later:
        apply(provider, bad, good)
    assert f"{told}. Rilis semula tetap aktif. Perbaiki" in later.value.message


def test_bytes_that_are_not_the_verified_ones_are_refused(provider: Provider, shelf: Shelf, site: Site) -> None:
    wanted = release(site, shelf, "satu")
    shelf.kept[wanted.sha256] = zipped({"index.html": "lain"})
    with pytest.raises(ProviderError, match="archive_refused"):
        apply(provider, wanted)
    assert standing(provider, wanted) is None


def test_an_interrupted_sending_goes_on_where_it_ended(
    host: WebHost, provider: Provider, shelf: Shelf, site: Site
) -> None:
    wanted = Release(site.name, shelf.put(zipped({"index.html": "besar", "a.bin": os.urandom(900_000).hex()})))
    whole = shelf.kept[wanted.sha256]

    class Torn(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise ProviderUnavailable("putus")
            return super().read(size)

    provider.open_archive = lambda sha256: Torn(whole)
    with pytest.raises(ProviderUnavailable, match="putus"):
        apply(provider, wanted)
    (part,) = (host.server.directory / "agent" / "archives").iterdir()
    assert 0 < part.stat().st_size < len(whole)
    provider.open_archive = shelf.open
    apply(provider, wanted)
    assert host.fetch(site.name).text == "besar"


def test_an_archive_that_takes_long_to_send_is_sent_in_several_turns(
    host: WebHost, provider: Provider, shelf: Shelf, site: Site
) -> None:
    wanted = Release(site.name, shelf.put(zipped({"index.html": "besar", "a.bin": os.urandom(3_000_000).hex()})))

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0.5)
            return super().read(size)

    provider.open_archive = lambda sha256: Slow(shelf.kept[sha256])
    told = []
    for _ in range(20):
        try:
            provider.apply([Change("create", wanted.identity, wanted, None)], fence=1, timeout=4)
            break
        except ProviderUnavailable as problem:
            told.append(problem.message)
    assert "sedang dikirim" in told[0]
    assert standing(provider, wanted) == wanted
    assert host.fetch(site.name).text == "besar"


def test_without_the_archive_nothing_happens(host: WebHost, site: Site) -> None:
    with host.provider() as provider, pytest.raises(ProviderDenied):
        apply(provider, Release(site.name, "0" * 64))


def test_there_is_no_release_without_a_site(provider: Provider, shelf: Shelf) -> None:
    with pytest.raises(ProviderError, match="no_site"):
        apply(provider, release(new_site(), shelf, "satu"))


def test_a_release_changed_meanwhile_and_an_old_worker_are_turned_away(
    provider: Provider, shelf: Shelf, site: Site
) -> None:
    one, two = release(site, shelf, "satu"), release(site, shelf, "dua")
    apply(provider, one, fence=5)
    with pytest.raises(ChangedMeanwhile):
        apply(provider, two, None, fence=5)
    with pytest.raises(StaleFence):
        apply(provider, two, one, fence=4)
    apply(provider, replace(site, title="Lain"), site, fence=1)


def test_a_forged_mark_is_no_release(host: WebHost, provider: Provider, shelf: Shelf, site: Site) -> None:
    wanted = release(site, shelf, "satu")
    apply(provider, wanted)
    mark = host.server.sites / site.name / "public" / ".tapak-release"
    content = mark.read_text()
    mark.unlink()
    mark.write_text(content)
    os.chown(mark, pwd.getpwnam(name_of(host.server.sites / site.name)).pw_uid, -1)
    assert standing(provider, wanted) is None
    assert not live(provider, wanted, timeout=0.05)
    apply(provider, wanted)
    assert standing(provider, wanted) == wanted


def test_a_disk_that_is_full_leaves_what_was_live(host: WebHost, shelf: Shelf, site: Site) -> None:
    wanted = Release(site.name, shelf.put(zipped({"index.html": "besar", "a.txt": os.urandom(60_000).hex()})))
    command = ["prlimit", "--fsize=100000", sys.executable, "-m", "tapak_webhost.agent"]
    with host.provider(agent_command=command) as poor:
        poor.open_archive = shelf.open
        with pytest.raises(ProviderUnavailable, match="no space"):
            apply(poor, wanted)
        assert standing(poor, wanted) is None
    assert "sedang disiapkan" in host.fetch(site.name).text
    assert host.leftovers() == []


CHANGES = {"first": (None, "satu"), "next": ("satu", "dua"), "back": ("dua", "satu"), "none": ("satu", None)}
DEATHS = [
    *(("first", f"release.{point}") for point in ("unpacked", "placed", "recorded", "switched", "named")),
    *(("next", f"release.{point}") for point in ("unpacked", "placed", "recorded", "switched", "named")),
    *(("back", f"release.{point}") for point in ("recorded", "switched", "named")),
    *(("none", f"release.{point}") for point in ("switched", "dropped")),
]
# Only where the server looks at a path before it opens it.
DIVERTED = [(change, "release.diverted") for change in CHANGES]


def test_every_crash_point_is_tried() -> None:
    tried = {point for _, point in (*DEATHS, *DIVERTED)}
    assert tried == {point for point in CRASHPOINTS if point.startswith("release.")}


@pytest.mark.parametrize(("change", "point"), DEATHS)
def test_an_agent_killed_anywhere_is_made_good(
    host: WebHost, provider: Provider, shelf: Shelf, site: Site, change: str, point: str
) -> None:
    _killed_and_made_good(host, provider, shelf, site, change, point)


@pytest.mark.parametrize("server", ["apache"], indirect=True)
@pytest.mark.parametrize(("change", "point"), DIVERTED)
def test_an_agent_killed_while_visitors_are_diverted_is_made_good(
    host: WebHost, provider: Provider, shelf: Shelf, site: Site, change: str, point: str
) -> None:
    _killed_and_made_good(host, provider, shelf, site, change, point)


def _killed_and_made_good(host: WebHost, provider: Provider, shelf: Shelf, site: Site, change: str, point: str) -> None:
    before, after = CHANGES[change]
    one, two = release(site, shelf, "satu"), release(site, shelf, "dua")
    words = {"satu": one, "dua": two, None: None}
    old, new = words[before], words[after]
    if change == "back":
        apply(provider, one)
        apply(provider, two, one)
    elif old is not None:
        apply(provider, old)
    with host.killed_at(point) as doomed, pytest.raises(ProviderUnavailable) as told:
        doomed.open_archive = shelf.open
        apply(doomed, new, old)
    assert "ended" in told.value.log
    assert host.fetch(site.name).status == 200
    found = standing(provider, one)
    assert found in {old, new}
    apply(provider, new, found if new else old)
    assert standing(provider, one) == new
    assert host.fetch(site.name).text == after if after else "sedang disiapkan" in host.fetch(site.name).text
    if new is not None:
        assert live(provider, new)
        assert new.sha256 not in beside(host, site)
    else:
        assert not (host.server.sites / site.name / "releases").exists()
    assert host.leftovers() == []
