"""What a provider of databases does when it is killed, refused or left without an answer; part of its contract."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tapak.sdk.databases import Database
from tapak.sdk.errors import ProviderDenied, ProviderUnavailable
from tapak.sdk.provider import Change, Provider
from tapak.testing.database_cases import DatabaseHost, apply, live, new_database, standing
from tapak.testing.faults import Killed

MANY = 40
"""More statements than any act takes."""


class DatabaseFaultsContract:
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

    def test_a_missing_right_is_named(self, host: DatabaseHost) -> None:
        with host.without_rights() as settings, host.provider(**settings) as provider:
            lines = provider.check()
            assert [line for line in lines if line.ok]
            assert [line for line in lines if not line.ok]
            with pytest.raises(ProviderDenied):
                apply(provider, new_database(host.engine))

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
