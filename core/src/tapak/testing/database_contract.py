"""What every provider of databases promises, as a base class for a provider's tests, on a real server.

A provider subclasses :class:`DatabaseProviderContract` and overrides its fixtures::

    class TestMariadb(DatabaseProviderContract):
        @pytest.fixture
        def host(self, mariadb_server, tmp_path): ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tapak.sdk.databases import Database, DatabaseKeeper
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderBroken
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import Site
from tapak.testing.database_cases import (
    HOSTILE_NAMES,
    HOSTILE_OWNERS,
    TIMEOUT,
    DatabaseHost,
    apply,
    live,
    new_database,
    standing,
)
from tapak.testing.database_faults import DatabaseFaultsContract


class DatabaseProviderContract(DatabaseFaultsContract):
    """Override ``host``, ``down``, ``silent`` and ``denied``."""

    def test_nothing_stands_at_a_new_name(self, provider: Provider, wanted: Database) -> None:
        assert standing(provider, wanted) is None
        assert not live(provider, wanted, 0.3)
        (seen,) = provider.verify_gone([wanted], timeout=TIMEOUT)
        assert seen.live

    def test_what_is_made_is_read_and_lets_its_user_in(
        self, host: DatabaseHost, provider: Provider, wanted: Database
    ) -> None:
        applied = apply(provider, wanted)
        assert applied.outputs["engine"] == host.engine
        assert set(applied.outputs) == {"engine", "host", "port", "name", "user"}
        assert set(applied.secrets) == {"password"}
        assert len(applied.secrets["password"]) >= 24
        assert standing(provider, wanted) == wanted
        assert live(provider, wanted)
        assert host.ask(applied, "create table warga (id int)", "insert into warga values (7)") == []
        assert host.ask(applied, "select id from warga") == [(7,)]
        assert applied.secrets["password"] not in repr(applied)

    def test_all_of_unicode_is_kept(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        applied = apply(provider, wanted)
        word = "ꦠꦥꦏ᭄ 𝄞 😀 ñ"
        host.ask(applied, "create table kata (isi varchar(50))", f"insert into kata values ('{word}')")  # noqa: S608
        assert host.ask(applied, "select isi from kata") == [(word,)]

    def test_a_user_sees_and_touches_no_other_database(
        self, host: DatabaseHost, provider: Provider, wanted: Database
    ) -> None:
        other = apply(provider, new_database(host.engine))
        host.ask(other, "create table rahasia (id int)")
        mine = apply(provider, wanted)
        assert host.visible(mine) == {mine.outputs["name"]}
        for statement in host.trespasses(other.outputs["name"]):
            with pytest.raises(host.refusal):
                host.ask(mine, statement)
        with pytest.raises(host.refusal):
            host.ask(replace(mine, outputs={**mine.outputs, "name": other.outputs["name"]}), "select 1")
        assert host.ask(other, "select count(*) from rahasia") == [(0,)]

    def test_applying_again_changes_nothing(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        first = apply(provider, wanted)
        host.ask(first, "create table tetap (id int)")
        for observed in (None, wanted):
            again = apply(provider, wanted, observed)
            assert (again.outputs, again.secrets) == (first.outputs, first.secrets)
        assert host.ask(first, "select count(*) from tetap") == [(0,)]
        for _ in range(2):
            apply(provider, None, wanted)
        assert standing(provider, wanted) is None

    def test_rotation_gives_a_new_password_and_keeps_everything(
        self, host: DatabaseHost, provider: Provider, wanted: Database
    ) -> None:
        before = apply(provider, wanted)
        host.ask(before, "create table tetap (id int)")
        newer = replace(wanted, rotation=2, owner="Dinas Baru")
        after = apply(provider, newer, wanted)
        assert after.secrets != before.secrets
        assert after.outputs == before.outputs
        with pytest.raises(host.refusal):
            host.ask(before, "select 1")
        assert host.ask(after, "select count(*) from tetap") == [(0,)]
        assert standing(provider, newer) == newer
        assert live(provider, newer)

    def test_passwords_differ_by_database_and_by_key(self, host: DatabaseHost, provider: Provider) -> None:
        made = [apply(provider, new_database(host.engine)) for _ in range(3)]
        with host.provider(key="lain " * 10) as stranger:
            made.append(apply(stranger, new_database(host.engine)))
        assert len({each.secrets["password"] for each in made}) == 4

    def test_what_was_changed_by_hand_is_seen_left_alone_and_mended(
        self, host: DatabaseHost, provider: Provider, wanted: Database
    ) -> None:
        for by_hand in host.changes_by_hand():
            wanted = new_database(host.engine)
            made = apply(provider, wanted)
            by_hand(made)
            seen = standing(provider, wanted)
            assert seen is not None
            assert seen != wanted, by_hand
            with pytest.raises(ChangedMeanwhile):
                apply(provider, replace(wanted, rotation=2), wanted)
            apply(provider, wanted, seen)
            assert standing(provider, wanted) == wanted, by_hand
            assert live(provider, wanted), by_hand
            host.ask(made, "select 1")

    def test_verify_tells_a_right_too_many(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        other = apply(provider, new_database(host.engine))
        host.ask(other, "create table rahasia (id int)")
        host.let_in(apply(provider, wanted), other.outputs["name"])
        assert not live(provider, wanted, 0.3)
        (seen,) = provider.verify([wanted], timeout=0.3)
        assert other.outputs["name"] in "".join(probe.answer for probe in seen.probes if not probe.ok)

    def test_somebody_else_s_database_is_left_alone(
        self, host: DatabaseHost, provider: Provider, wanted: Database
    ) -> None:
        host.plant(wanted)
        seen = standing(provider, wanted)
        assert seen is not None
        assert seen != wanted
        for act in (lambda: apply(provider, wanted), lambda: apply(provider, None, wanted)):
            with pytest.raises(ChangedMeanwhile):
                act()
        assert host.planted(wanted)

    def test_an_officer_may_adopt_it(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        host.plant(wanted)
        apply(provider, wanted, standing(provider, wanted))
        assert standing(provider, wanted) == wanted
        assert live(provider, wanted)
        assert host.planted(wanted)

    def test_somebody_else_s_user_is_left_alone(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        host.plant_user(wanted)
        assert standing(provider, wanted) != wanted
        with pytest.raises(ChangedMeanwhile):
            apply(provider, wanted)
        assert host.planted_user(wanted)
        assert host.databases(wanted) == []

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_hostile_names_are_refused(self, provider: Provider, wanted: Database, name: str) -> None:
        self.refused(provider, replace(wanted, name=name))

    @pytest.mark.parametrize("owner", HOSTILE_OWNERS)
    def test_owners_are_told_as_they_are(self, provider: Provider, wanted: Database, owner: str) -> None:
        told = replace(wanted, owner=owner)
        apply(provider, told)
        assert standing(provider, told) == told
        assert live(provider, told)

    def test_what_a_server_cannot_bear_is_refused(self, provider: Provider, wanted: Database) -> None:
        wrong: tuple[Mapping[str, Any], ...] = (
            {"owner": "baris\nbaru"},
            {"owner": "x" * 201},
            {"site": "a b"},
            {"charset": "utf8'; drop database x; --"},
            {"charset": "ebcdic"},
            {"rotation": -1},
            {"rotation": True},
            {"size_limit": 0},
            {"engine": "oracle"},
        )
        for fields in wrong:
            self.refused(provider, replace(wanted, **fields))
        self.refused(provider, Site("www.example.test"))

    @staticmethod
    def refused(provider: Provider, spec: Any) -> None:
        """The same spec is refused by every act."""
        with pytest.raises(Invalid):
            provider.read([spec])
        with pytest.raises(Invalid):
            provider.apply([Change("create", spec.identity, spec, None)], fence=1, timeout=TIMEOUT)
        with pytest.raises(Invalid):
            provider.verify([spec], timeout=TIMEOUT)

    def test_a_removal_keeps_what_it_held(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        made = apply(provider, wanted)
        host.ask(made, "create table warga (nama varchar(50))", "insert into warga values ('Kelurahan Contoh')")
        with host.session(made):
            apply(provider, None, wanted)
        (seen,) = provider.verify_gone([wanted], timeout=TIMEOUT)
        assert seen.live
        (kept,) = host.last_dumps(wanted)
        assert kept.stat().st_mode & 0o077 == 0
        back = apply(provider, wanted)
        assert isinstance(provider, DatabaseKeeper)
        provider.load(wanted, kept, timeout=TIMEOUT)
        assert host.ask(back, "select nama from warga") == [("Kelurahan Contoh",)]

    def test_what_cannot_be_kept_is_not_removed(self, host: DatabaseHost, wanted: Database, tmp_path: Path) -> None:
        blocked = tmp_path / "file"
        blocked.touch()
        with host.provider(last_dumps=str(blocked / "below")) as provider:
            made = apply(provider, wanted)
            host.ask(made, "create table tetap (id int)")
            with pytest.raises(ProviderBroken) as told:
                apply(provider, None, wanted)
            assert "cadangan" in told.value.message
            assert standing(provider, wanted) == wanted
            assert host.ask(made, "select count(*) from tetap") == [(0,)]

    def test_a_scratch_database_leaves_no_dump(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        scratch = replace(wanted, keep_last_dump=False)
        apply(provider, scratch)
        apply(provider, None, scratch)
        assert host.last_dumps(scratch) == []

    def test_a_dump_is_whole_private_and_loads_under_another_name(
        self, host: DatabaseHost, provider: Provider, wanted: Database, tmp_path: Path
    ) -> None:
        made = apply(provider, wanted)
        host.ask(made, "create table warga (id int primary key, nama varchar(50))", *host.with_a_view("warga"))
        host.ask(made, "insert into warga values (1, 'DEFINER=`a`@`b`'), (2, '😀')", 'create table "Besar" (id int)')
        assert isinstance(provider, DatabaseKeeper)
        provider.dump(wanted, tmp_path / "dump", timeout=TIMEOUT)
        assert (tmp_path / "dump").stat().st_mode & 0o077 == 0
        other = new_database(host.engine)
        copy = apply(provider, other)
        provider.load(other, tmp_path / "dump", timeout=TIMEOUT)
        assert provider.row_counts(other, timeout=TIMEOUT) == provider.row_counts(wanted, timeout=TIMEOUT)
        assert provider.row_counts(other, timeout=TIMEOUT)["warga"] == 2
        for table in ("warga", "pandangan"):
            assert host.ask(copy, f"select id, nama from {table} order by id") == [  # noqa: S608
                (1, "DEFINER=`a`@`b`"),
                (2, "😀"),
            ]

    def test_a_good_connection_passes_every_check(self, provider: Provider) -> None:
        lines = provider.check()
        assert len(lines) >= 3
        assert [line for line in lines if not line.ok] == []

    def test_facts_tell_size_and_limit(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        limited = replace(wanted, site=f"{wanted.name.replace('_', '-')}.example.test", size_limit=64 * 2**20)
        made = apply(provider, limited)
        host.ask(made, "create table warga (id int)")
        host.settle_statistics(made)
        facts = {fact.key: fact for fact in provider.facts([limited.site, "lain.example.test"])}
        size = facts[f"database.{limited.identity}.size"]
        assert 0 < float((size.value or "0").replace(",", ".")) < 64
        assert size.details["bytes"] > 0
        assert facts[f"database.{limited.identity}.limit"].value == "64,00"
        assert {fact.source for fact in facts.values()} == {"database"}
        assert not any("lain" in key for key in facts)
        assert not any(key.startswith("database.") for key in (fact.key for fact in provider.facts()))
