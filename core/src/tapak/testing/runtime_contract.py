"""What providers of web sites promise of PHP and of suspended sites; a part of the site contract."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tapak.sdk.provider import Provider
from tapak.sdk.resources import Php
from tapak.testing.site_host import SiteHost, apply, live, new_site, standing


class RuntimeContract:
    """Needs the fixtures ``host`` and ``provider``."""

    @pytest.mark.parametrize("headers", [(), (("X-A", "b"),)])
    def test_a_suspended_site_is_gone_at_once_and_back_in_one_act(
        self, host: SiteHost, provider: Provider, headers: tuple[tuple[str, str], ...]
    ) -> None:
        site = new_site(headers=headers)
        suspended = replace(site, suspended=True)
        apply(provider, site)
        host.put(site.name, "data.txt", "isi")
        apply(provider, suspended, site)
        assert {host.fetch(site.name, path).status for path in ("/", "/data.txt", "/tidak-ada")} == {410}
        assert "isi" not in host.fetch(site.name, "/data.txt").text
        assert standing(provider, site) == suspended
        assert live(provider, suspended)
        assert not live(provider, site, timeout=0.05)
        apply(provider, site, suspended)
        assert host.fetch(site.name, "/data.txt").text == "isi"
        assert live(provider, site)
        assert not live(provider, suspended, timeout=0.05)

    @pytest.mark.parametrize("headers", [(), (("X-A", "b"),)])
    def test_php_is_run(self, host: SiteHost, provider: Provider, headers: tuple[tuple[str, str], ...]) -> None:
        plain = new_site(headers=headers)
        site = replace(plain, php=Php(memory=64, upload=3, seconds=7))
        apply(provider, site)
        assert standing(provider, site) == site
        assert live(provider, site)
        host.put(
            site.name,
            "limits.php",
            "<?php foreach (['memory_limit', 'upload_max_filesize'] as $k) echo ini_get($k), ' ';",
        )
        assert host.fetch(site.name, "/limits.php").text == "64M 3M "
        host.put(site.name, "index.php", "<?php echo 'dari ', strtoupper('php');")
        assert host.fetch(site.name).text == "dari PHP"
        assert host.fetch(site.name, "/tidak-ada.php").status == 404
        more = replace(site, php=Php(memory=96, upload=3, seconds=7))
        apply(provider, more, site)
        assert host.fetch(site.name, "/limits.php").text == "96M 3M "
        assert standing(provider, site) == more

    @pytest.mark.parametrize("headers", [(), (("X-A", "b"),)])
    def test_uploads_have_the_sites_own_limit(
        self, host: SiteHost, provider: Provider, headers: tuple[tuple[str, str], ...]
    ) -> None:
        site = new_site(headers=headers, php=Php(upload=3))
        apply(provider, site)
        host.put(
            site.name, "a.php", "<?php echo ($_FILES['a']['error'] ?? 1) === 0 ? $_FILES['a']['size'] : 'ditolak';"
        )

        def sent(size: int) -> str:
            begin = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a.bin"\r\n\r\n'
            body = begin + b"a" * size + b"\r\n--x--\r\n"
            answer = host.fetch(site.name, "/a.php", {"Content-Type": "multipart/form-data; boundary=x"}, body)
            return answer.text if answer.status == 200 else "ditolak" if answer.status == 413 else str(answer.status)

        assert sent(2_900_000) == "2900000"
        assert sent(3_500_000) == "ditolak"
        assert sent(9_000_000) == "ditolak"

    def test_php_keeps_to_its_site(self, host: SiteHost, provider: Provider) -> None:
        site, other = new_site(php=Php()), new_site(php=Php())
        apply(provider, site)
        apply(provider, other)
        host.put(other.name, "rahasia.php", "<?php echo 'lain';")
        code = """<?php
            session_start(); $_SESSION['a'] = 1; session_write_close();
            $kept = tempnam(sys_get_temp_dir(), 'x'); file_put_contents($kept, 'y');
            $there = dirname(__DIR__, 2) . '/NAME/public/rahasia.php';
            foreach ([$there, '/etc/passwd', '/proc/self/environ'] as $path)
                echo @file_get_contents($path) === false ? 'no ' : 'YES ';
            echo file_get_contents($kept), ' ', function_exists('exec') ? 'exec' : 'safe';"""
        host.put(site.name, "coba.php", code.replace("NAME", other.name))
        assert host.fetch(site.name, "/coba.php").text == "no no no y safe"
        assert host.fetch(other.name, "/rahasia.php").text == "lain"

    @pytest.mark.parametrize("headers", [(), (("X-A", "b"),)])
    def test_the_source_of_php_is_never_shown(
        self, host: SiteHost, provider: Provider, headers: tuple[tuple[str, str], ...]
    ) -> None:
        plain, runs = new_site(headers=headers), new_site(headers=headers, php=Php())
        for site in (plain, runs):
            apply(provider, site)
        for file in ("a.php", "a.PHP", "a.phtml", "a.php5", ".well-known/a.php"):
            for site in (plain, runs):
                host.put(site.name, file, "<?php echo 'ra', 'hasia'; // sandi")
                assert "sandi" not in host.fetch(site.name, f"/{file}").text, (site, file)
            assert host.fetch(plain.name, f"/{file}").status >= 400, file

    def test_php_is_taken_away_and_given_again(self, host: SiteHost, provider: Provider) -> None:
        site = new_site(php=Php())
        plain = replace(site, php=None)
        apply(provider, site)
        host.put(site.name, "a.php", "<?php echo 'ra', 'hasia'; // sandi")
        apply(provider, plain, site)
        assert standing(provider, site) == plain
        assert live(provider, plain)
        assert not live(provider, site, timeout=0.05)
        assert "sandi" not in host.fetch(site.name, "/a.php").text
        apply(provider, site, plain)
        assert host.fetch(site.name, "/a.php").text == "rahasia"

    def test_a_suspended_site_runs_no_php(self, host: SiteHost, provider: Provider) -> None:
        site = new_site(php=Php())
        suspended = replace(site, suspended=True)
        apply(provider, site)
        host.put(site.name, "a.php", "<?php echo 'jalan';")
        apply(provider, suspended, site)
        assert host.fetch(site.name, "/a.php").status == 410
        assert standing(provider, site) == suspended
        assert live(provider, suspended)
        apply(provider, site, suspended)
        assert host.fetch(site.name, "/a.php").text == "jalan"
