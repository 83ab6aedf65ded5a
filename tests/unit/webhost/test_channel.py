"""Agents that misbehave, as the provider's caller sees it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tapak.sdk.errors import ProviderBroken, ProviderError, ProviderUnavailable
from tapak.sdk.resources import Site
from tapak_webhost.provider import ApacheProvider

SITE = Site("a.example.test", title="Judul")
HELLO = '{"id": 1, "ok": true, "result": {"protocol": 5, "server": "apache", "host": {}}}'

HANGS_ONCE = """
import json, pathlib, sys

for line in sys.stdin:
    request = json.loads(line)
    mark = pathlib.Path(sys.argv[1])
    if request["verb"] == "read" and not mark.exists():
        mark.touch()
        sys.stdin.read()
    result = {"protocol": 5, "sites": {"a.example.test": None}}
    print(json.dumps({"id": request["id"], "ok": True, "result": result}), flush=True)
"""


def provider(program: str | list[str], timeout: float = 5.0) -> ApacheProvider:
    """A provider whose agent is a small Python program."""
    command = program if isinstance(program, list) else [sys.executable, "-S", "-c", program]
    settings = {
        "agent_command": command,
        "agent_config": "/nowhere.toml",
        "base_url": "http://127.0.0.1:1",
        "timeout": timeout,
    }
    return ApacheProvider(ApacheProvider.settings_schema().load(settings))


@pytest.mark.parametrize(
    ("program", "error", "told"),
    [
        ("import sys; sys.stdin.readline(); sys.exit('panik besar')", ProviderUnavailable, "panik besar"),
        ("import sys; sys.exit(3)", ProviderUnavailable, "ended"),
        ("import sys; sys.stdin.readline(); print('rubbish', flush=True); sys.stdin.read()", ProviderBroken, "hello"),
        ("import sys; sys.stdin.readline(); print('[1]', flush=True); sys.stdin.read()", ProviderBroken, "answer"),
        ("import sys; sys.stdin.readline(); print('a\\nb', flush=True); sys.stdin.read()", ProviderBroken, "hello"),
        (
            f"import sys; sys.stdin.readline(); print('''{HELLO}'''.replace('1,', '2,', 1), flush=True)",
            ProviderBroken,
            "request 1",
        ),
        (
            f"import sys; sys.stdin.readline(); print('''{HELLO}'''.replace('l\": 5', 'l\": 9'), flush=True)",
            ProviderBroken,
            "protocol 9",
        ),
        (["/nowhere/agent"], ProviderUnavailable, "can't be started"),
        ([sys.executable, "-m", "tapak_webhost.agent"], ProviderBroken, "nowhere.toml"),
    ],
)
def test_what_an_agent_does_wrong_is_told(program: str | list[str], error: type[ProviderError], told: str) -> None:
    with provider(program) as connection:
        with pytest.raises(error) as seen:
            connection.read([SITE])
        assert type(seen.value) is error
        assert told in seen.value.log
        assert seen.value.message


def test_an_agent_that_hangs_is_ended_in_time_and_started_anew(tmp_path: Path) -> None:
    program = tmp_path / "agent.py"
    program.write_text(HANGS_ONCE)
    with provider([sys.executable, "-S", str(program), str(tmp_path / "hung")], timeout=1.0) as connection:
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable, match="in time"):
            connection.read([SITE])
        assert time.monotonic() - begun < 5
        assert connection.read([SITE]) == {"a.example.test": None}


def test_figures_without_an_agent_say_why() -> None:
    with provider(["/nowhere/agent"]) as connection:
        facts = connection.facts(["a.example.test"])
        assert [fact.key for fact in facts] == ["server_capacity", "bandwidth", "site_usage:a.example.test"]
        assert all(fact.value is None and "Agen" in fact.problem for fact in facts)
        assert [check.ok for check in connection.check()] == [False, False]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "ftp://127.0.0.1"),
        ("base_url", "http://"),
        ("base_url", "http://a:b@127.0.0.1"),
        ("base_url", "http://127.0.0.1:99999"),
        ("base_url", "http://127.0.0.1/x"),
        ("agent_config", "relative.toml"),
        ("agent_config", "/a\n"),
        ("agent_command", []),
        ("agent_command", "id"),
        ("timeout", 0),
        ("public_port", 0),
        ("public_port", 65_536),
        ("public_port", "delapan"),
        ("lain", 1),
    ],
)
def test_settings_are_refused_by_field(field: str, value: object) -> None:
    good = {"agent_config": "/etc/tapak-webhost.toml", "base_url": "http://127.0.0.1:8081"}
    schema = ApacheProvider.settings_schema()
    assert schema.validate(good) == {}
    assert list(schema.validate({**good, field: value})) == [field]


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://a.example.test/"),
        ({"public_port": 80}, "http://a.example.test/"),
        ({"public_port": 443}, "https://a.example.test/"),
        ({"public_port": 8081}, "http://a.example.test:8081/"),
    ],
)
def test_the_public_port_stands_in_links_unless_it_is_the_schemes_own(given: dict[str, int], url: str) -> None:
    settings = {"agent_config": "/etc/tapak-webhost.toml", "base_url": "http://10.0.0.5:8081", **given}
    assert ApacheProvider.public_url(ApacheProvider.settings_schema().load(settings), SITE) == url
