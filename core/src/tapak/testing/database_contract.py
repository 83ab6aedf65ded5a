"""What every provider of databases promises, as a base class for a provider's tests, on a real server.

A provider subclasses :class:`DatabaseProviderContract` and overrides its fixtures::

    class TestMariadb(DatabaseProviderContract):
        @pytest.fixture
        def host(self, mariadb_server, tmp_path): ...
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tapak.sdk.databases import Database, DatabaseKeeper
from tapak.sdk.errors import ChangedMeanwhile, Invalid, ProviderBroken, ProviderDenied, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.sdk.resources import Site
from tapak.testing.database_cases import (
    HOSTILE_NAMES,
    HOSTILE_OWNERS,
    TIMEOUT,
    DatabaseHost,
    Killed,
    apply,
    live,
    new_database,
    standing,
)

MANY = 40
"""More statements than any act takes."""


class DatabaseProviderContract:
    """Override ``host``, ``down``, ``silent`` and ``denied``."""

    @pytest.fixture
    def host(self) -> DatabaseHost:
        """Override: a running server."""
        raise NotImplementedError

    @pytest.fixture
    def down(self) -> Mapping[str, Any]:
        """Override: settings of a server that isn't there."""
        raise NotImplementedError

    @pytest.fixture
    def silent(self) -> Mapping[str, Any]:
        """Override: settings of a server that never answers, with a short time-out."""
        raise NotImplementedError

    @pytest.fixture
    def denied(self) -> Sequence[Mapping[str, Any]]:
        """Override: settings with wrong credentials, one for each way to be wrong."""
        raise NotImplementedError

    @pytest.fixture
    def provider(self, host: DatabaseHost) -> Iterator[Provider]:
        with host.provider() as provider:
            yield provider

    @pytest.fixture
    def wanted(self, host: DatabaseHost) -> Database:
        """A database that no other test knows."""
        return new_database(host.engine)

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

    def test_a_create_may_be_killed_after_any_statement(self, host: DatabaseHost) -> None:
        for number in range(MANY):
            wanted = new_database(host.engine)
            if not self.killed(host, number, wanted, None):
                break
            with host.provider() as provider:
                found = standing(provider, wanted)
                # Anything else would look foreign to core, which has nothing verified yet.
                assert found in (None, wanted), number
                apply(provider, wanted, found)
                assert live(provider, wanted), number
        assert 2 <= number < MANY

    def test_a_create_that_was_killed_can_be_withdrawn(self, host: DatabaseHost) -> None:
        for number in range(MANY):
            wanted = new_database(host.engine)
            if not self.killed(host, number, wanted, None):
                break
            self.removed(host, wanted)
        assert 2 <= number < MANY

    def test_a_rotation_may_be_killed_after_any_statement(self, host: DatabaseHost) -> None:
        for number in range(MANY):
            wanted = new_database(host.engine)
            newer = replace(wanted, rotation=2)
            with host.provider() as provider:
                apply(provider, wanted)
            if not self.killed(host, number, newer, wanted):
                break
            with host.provider() as provider:
                apply(provider, newer, standing(provider, newer))
                assert live(provider, newer), number
                assert standing(provider, newer) == newer
        assert 2 <= number < MANY

    def test_a_removal_may_be_killed_after_any_statement(self, host: DatabaseHost) -> None:
        for number in range(MANY):
            wanted = new_database(host.engine)
            with host.provider() as provider:
                host.ask(apply(provider, wanted), "create table warga (id int)")
            if not self.killed(host, number, None, wanted):
                break
            self.removed(host, wanted)
            assert host.last_dumps(wanted), number
        assert 2 <= number < MANY

    @staticmethod
    def removed(host: DatabaseHost, wanted: Database) -> None:
        """What a later worker finds, it removes; what it doesn't find is really gone."""
        with host.provider() as provider:
            found = standing(provider, wanted)
            if found is not None:
                apply(provider, None, found)
            (seen,) = provider.verify_gone([wanted], timeout=1)
            assert seen.live, seen

    @staticmethod
    def killed(host: DatabaseHost, number: int, desired: Database | None, observed: Database | None) -> bool:
        """Whether the act died after so many statements; False where it had ended before."""
        with host.provider() as provider, host.dying(number):
            try:
                apply(provider, desired, observed)
            except Killed:
                return True
            return False

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

    def test_a_missing_right_is_named(self, host: DatabaseHost) -> None:
        with host.without_rights() as settings, host.provider(**settings) as provider:
            lines = provider.check()
            assert [line for line in lines if line.ok]
            assert [line for line in lines if not line.ok]
            with pytest.raises(ProviderDenied):
                apply(provider, new_database(host.engine))

    def test_facts_tell_size_and_limit(self, host: DatabaseHost, provider: Provider, wanted: Database) -> None:
        limited = replace(wanted, site=f"{wanted.name.replace('_', '-')}.example.test", size_limit=64 * 2**20)
        made = apply(provider, limited)
        host.ask(made, "create table warga (id int)")
        host.settle_statistics(made)
        facts = {fact.key: fact for fact in provider.facts([limited.site, "lain.example.test"])}
        size = facts[f"database.{limited.identity}.size"]
        assert 0 < float(size.value or 0) < 64
        assert size.details["bytes"] > 0
        assert facts[f"database.{limited.identity}.limit"].value == "64.00"
        assert {fact.source for fact in facts.values()} == {"database"}
        assert not any("lain" in key for key in facts)
        assert not any(key.startswith("database.") for key in (fact.key for fact in provider.facts()))

    def test_a_server_that_is_down(self, host: DatabaseHost, wanted: Database, down: Mapping[str, Any]) -> None:
        self.unreachable(host, wanted, down)

    def test_a_server_that_never_answers(self, host: DatabaseHost, wanted: Database, silent: Mapping[str, Any]) -> None:
        self.unreachable(host, wanted, silent)

    @staticmethod
    def unreachable(host: DatabaseHost, wanted: Database, settings: Mapping[str, Any]) -> None:
        """Every act ends in time, in words, and none of them as if the server had spoken."""
        began = time.monotonic()
        with host.provider(**settings) as provider:
            with pytest.raises(ProviderUnavailable) as told:
                provider.read([wanted])
            assert "tidak menjawab" in told.value.message
            with pytest.raises(ProviderUnavailable):
                provider.apply([Change("create", wanted.identity, wanted, None)], fence=1, timeout=1)
            assert not live(provider, wanted, 0.3)
            assert not provider.verify_gone([wanted], timeout=0.3)[0].live
            assert [line for line in provider.check() if line.ok] == []
            assert all(fact.value is None and fact.problem for fact in provider.facts([wanted.site]))
        assert time.monotonic() - began < 20

    def test_wrong_credentials_are_told_and_never_shown(
        self,
        host: DatabaseHost,
        wanted: Database,
        denied: Sequence[Mapping[str, Any]],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level("DEBUG")
        for settings in denied:
            with host.provider(**settings) as stranger:
                with pytest.raises(ProviderDenied) as refused:
                    apply(stranger, wanted)
                lines = stranger.check()
                assert [line for line in lines if not line.ok]
                told = f"{refused.value!r} {refused.value.message} {refused.value.log} {stranger!r} {lines}"
                for name, field in type(stranger).settings_schema().fields.items():
                    if field.metadata.get("secret"):
                        assert stranger.settings[name] not in told + caplog.text

    def test_no_password_is_in_any_log(
        self, host: DatabaseHost, wanted: Database, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Neither ours nor the server's, which writes down every statement for the while."""
        caplog.set_level("DEBUG")
        with host.logging_statements() as log, host.provider() as provider:
            made = apply(provider, wanted)
            newer = apply(provider, replace(wanted, rotation=2), wanted)
            assert live(provider, replace(wanted, rotation=2))
            apply(provider, None, replace(wanted, rotation=2))
            told = log() + caplog.text + "".join(capfd.readouterr())
        assert made.outputs["name"] in told
        for applied in (made, newer):
            assert applied.secrets["password"] not in told
