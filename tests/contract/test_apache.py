"""What only Apache does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapak.demo.servers.apache import ApacheServer
from tapak.demo.servers.process import free_port
from tapak.sdk.errors import ProviderBroken
from tapak.testing.site_host import apply, new_site, standing
from tapak.testing.web_hosts import BROKEN, WebHost


@pytest.fixture(scope="module")
def apache(server_directory: Path) -> Iterator[WebHost]:
    server = ApacheServer(server_directory / "apache-modules", free_port())
    server.start()
    yield WebHost(server)
    server.stop()


def test_a_module_that_is_missing_is_told_before_anything_is_placed(apache: WebHost) -> None:
    site = new_site(headers=(("X-A", "b"),))
    modules = apache.server.directory / "modules.conf"
    fewer = apache.server.directory / "fewer.conf"
    fewer.write_text("\n".join(row for row in modules.read_text().splitlines() if "headers" not in row))
    with (
        apache.provider(agent_config=apache.agent_config("fewer.toml", modules_conf=str(fewer))) as poor,
        pytest.raises(ProviderBroken, match="Invalid command 'Header'"),
    ):
        apply(poor, site)
    with apache.provider() as provider:
        assert standing(provider, site) is None
    assert apache.leftovers() == []


@pytest.mark.parametrize("directive", ["ServerName {name}", "ServerName lain.test\n ServerAlias satu.test {name}"])
def test_somebody_elses_host_of_the_same_name_is_told(apache: WebHost, directive: str) -> None:
    site = new_site(headers=(("X-A", "b"),))
    apache.by_hand(f"<VirtualHost *:{apache.server.port}>\n {directive.format(name=site.name)}\n</VirtualHost>\n")
    with apache.provider() as provider:
        try:
            with pytest.raises(ProviderBroken, match=BROKEN):
                apply(provider, site)
            assert standing(provider, site) is None
        finally:
            apache.mend_configuration()
        assert apache.leftovers() == []
        apply(provider, site)
        assert apache.fetch(site.name).headers["x-a"] == "b"
