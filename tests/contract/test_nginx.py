"""What only Nginx does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tapak.demo.servers.nginx import NginxServer
from tapak.demo.servers.process import free_port
from tapak.sdk.errors import ProviderBroken
from tapak.sdk.resources import Redirect
from tapak.testing.site_host import apply, live, new_site, standing
from tapak.testing.web_hosts import BROKEN, WebHost


@pytest.fixture(scope="module")
def nginx(server_directory: Path) -> Iterator[WebHost]:
    server = NginxServer(server_directory / "nginx-quirks", free_port())
    server.start()
    yield WebHost(server)
    server.stop()


def test_a_certificate_that_is_missing_at_another_site_is_told(nginx: WebHost) -> None:
    nginx.by_hand(f"server {{ listen 127.0.0.1:{free_port()} ssl; ssl_certificate /nowhere.crt; }}\n")
    site = new_site(headers=(("X-A", "b"),))
    with nginx.provider() as provider:
        try:
            with pytest.raises(ProviderBroken, match="cert"):
                apply(provider, site)
            mass = new_site()
            apply(provider, mass)
            assert live(provider, mass)
        finally:
            nginx.mend_configuration()
        apply(provider, site)
        assert live(provider, site)


def test_somebody_elses_block_for_the_same_name_is_told(nginx: WebHost) -> None:
    site = new_site()
    own = replace(site, headers=(("X-A", "b"),))
    nginx.by_hand(f"server {{\n listen 127.0.0.1:{nginx.server.port};\n server_name lain.test {site.name};\n}}\n")
    with nginx.provider() as provider:
        try:
            with pytest.raises(ProviderBroken, match=BROKEN):
                apply(provider, own)
            assert standing(provider, site) is None
        finally:
            nginx.mend_configuration()
        assert nginx.leftovers() == []


def test_words_of_nginx_stay_words(nginx: WebHost) -> None:
    hostile = "${tapak_site} $host; } server { listen 1; } #"
    site = new_site(headers=(("X-A", hostile),), redirects=(Redirect("/a.b", "/baru"), Redirect("/c/", "/d/", 308)))
    with nginx.provider() as provider:
        apply(provider, replace(site, headers=(("X-A", hostile.replace("${", "$")),)))
    answer = nginx.fetch(site.name, "/a.b/%0d%0aX-Evil:%201?x=%20y")
    assert (answer.status, answer.headers["x-a"]) == (302, hostile.replace("${", "$"))
    assert answer.headers["location"].endswith(f"{site.name}/baru/%0d%0aX-Evil:%201?x=%20y")
    assert "x-evil" not in answer.headers
    assert nginx.fetch(site.name, "/aXb").status == 404
    moved = nginx.fetch(site.name, "/c/e?f")
    assert (moved.status, moved.headers["location"].partition(site.name)[2]) == (308, "/d/e?f")
