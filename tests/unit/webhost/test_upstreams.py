"""Which servers a site may be, by the networks that an operator names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tapak_webhost.agent import upstreams
from tapak_webhost.agent.config import Config, load
from tapak_webhost.agent.protocol import BAD_CONFIG, UNSUPPORTED, UPSTREAM_REFUSED, AgentError
from tapak_webhost.agent.spec import ProxySpec

PATHS = ("web_dir", "vhost_dir", "state_dir", "access_log", "program", "main_conf", "pid_file")
ALL = ("0.0.0.0/0", "::/0")


def config(at: Path, networks: object) -> Config:
    """An agent's settings with ``[proxy]``, unless there are no networks."""
    words = {"server": "nginx", "address": "127.0.0.1:80", "vhost_address": "*:80", **dict.fromkeys(PATHS, "/x")}
    lines = [f"{key} = {json.dumps(value)}" for key, value in words.items()]
    given = [] if networks is None else ["[proxy]", f"networks = {json.dumps(networks)}"]
    file = at / "agent.toml"
    file.write_text("\n".join([*lines, *given]) + "\n")
    return load(file)


@pytest.mark.parametrize(
    ("networks", "host"),
    [
        (["10.20.0.0/16"], "10.20.3.4"),
        (["2001:db8:1::/48"], "2001:db8:1::5"),
        (ALL, "192.0.2.7"),
        (["127.0.0.1/32"], "127.0.0.1"),
        (["127.0.0.0/8"], "127.0.0.9"),
        (["::1/128"], "::1"),
        (["169.254.10.0/24"], "169.254.10.3"),
    ],
)
def test_networks_that_are_named_are_led_to(tmp_path: Path, networks: Sequence[str], host: str) -> None:
    upstreams.check(config(tmp_path, networks), ProxySpec(host, 8080, 1, 1))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "::ffff:10.20.0.1",
        "2002:a14:1::1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "224.0.0.1",
        "010.020.0.1",
        "2001:DB8::1",
        "aplikasi.example.test",
    ],
)
def test_a_wide_network_doesnt_mean_what_only_the_host_reaches(tmp_path: Path, host: str) -> None:
    with pytest.raises(AgentError) as told:
        upstreams.check(config(tmp_path, ALL), ProxySpec(host, 80, 1, 1))
    assert told.value.code == UPSTREAM_REFUSED
    assert told.value.details["upstream"] == f"{host}:80"


def test_a_host_without_networks_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as told:
        upstreams.check(config(tmp_path, None), ProxySpec("10.20.3.4", 80, 1, 1))
    assert told.value.code == UNSUPPORTED


@pytest.mark.parametrize("networks", [[], "10.0.0.0/8", ["10.0.0.1/8"], ["lan"], [1]])
def test_networks_that_are_none_are_told(tmp_path: Path, networks: object) -> None:
    with pytest.raises(AgentError) as told:
        config(tmp_path, networks)
    assert told.value.code == BAD_CONFIG
