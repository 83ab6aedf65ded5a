"""The agency's own certificate behind the contract of certificate providers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tapak.plugins import registry
from tapak.sdk.errors import ProviderBroken
from tapak.sdk.provider import Applied, Provider
from tapak.sdk.x509 import Pair
from tapak.testing.certificate_contract import CertificateHost, CertificateProviderContract, apply
from tapak.testing.certificates import Authority


class OwnHost(CertificateHost):
    """What was uploaded last; another upload is another connection."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.authority = authority
        self.uploaded = authority.issue(f"*.{self.zone}")

    def connect(self, **settings: object) -> Provider:
        kind = registry().providers["own_certificate"]
        given = {"chain": self.uploaded.chain, "key": self.uploaded.key, "roots": self.authority.root, **settings}
        return kind(kind.settings_schema().load(given))


class TestOwnCertificate(CertificateProviderContract):
    @pytest.fixture
    def host(self, authority: Authority) -> OwnHost:
        return OwnHost(authority)

    def renewed(self, first: Applied, second: Applied) -> bool:
        """It has nothing newer than what was uploaded."""
        return first.outputs["fingerprint"] == second.outputs["fingerprint"]

    def test_an_upload_is_taken_in_by_a_renewal_only(self, host: OwnHost) -> None:
        wanted = host.new()
        with host.provider() as provider:
            host.keep(first := apply(provider, wanted))
        host.uploaded = host.authority.issue(f"*.{host.zone}")
        with host.provider() as provider:
            assert apply(provider, wanted) == first

    def test_what_has_ended_or_is_for_others_is_given_to_nobody(self, host: OwnHost) -> None:
        ended: Pair = host.authority.issue(f"*.{host.zone}", begins=datetime.now(UTC) - timedelta(days=9), days=3)
        for bad in (ended, host.authority.issue("*.lain.example")):
            with host.provider(chain=bad.chain, key=bad.key) as provider, pytest.raises(ProviderBroken):
                apply(provider, host.new())
            with host.provider(chain=ended.chain, key=ended.key) as provider:
                assert [line.message for line in provider.check() if not line.ok]
