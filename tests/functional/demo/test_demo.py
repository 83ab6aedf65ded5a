"""``tapak demo``: what it prints for programs, and that it can be run again with any name."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tapak.demo.stack import PortTaken, Stack
from tapak.testing.deployment import Deployment

from .conftest import Demo

STEP = {"number", "title", "actor", "outcome", "waiting_seconds", "working_seconds"}


@pytest.fixture
def label(deployment: Deployment) -> str:
    """A label that nobody has."""
    return deployment.case().label + "-demo"


def test_a_walk_tells_what_became_of_it(deployment: Deployment, demo: Demo, label: str) -> None:
    done = demo("walk", "--json", "--label", label)
    assert (done.exit_code, done.stderr) == (0, ""), done.stdout
    walked, *others = json.loads(done.stdout)
    assert {"tenant", "service", "number", "state", "steps", "dns", "http"} <= walked.keys()
    assert (walked["tenant"], walked["service"]) == (deployment.one.slug, deployment.one.script.service)
    assert (walked["state"], walked["live"]) == ("done", True)
    assert walked["number"]
    assert [set(step) for step in walked["steps"]] == [STEP] * 9
    assert [step["number"] for step in walked["steps"]] == [str(number) for number in range(1, 10)]
    for step in walked["steps"]:
        assert step["title"]
        assert step["actor"]
        assert step["outcome"]
        assert step["waiting_seconds"] >= 0
        assert step["working_seconds"] >= 0
    assert [each["service"] for each in others] == [script.service for script in deployment.one.scripts]
    assert all(each["state"] == "done" and each["live"] for each in others)
    name = f"{label}.{deployment.one.zone}"
    bind, apache = deployment.stack.bind, deployment.stack.apache
    server = {"server": f"{bind.address}:{bind.port}", "answer": ["127.0.0.1"], "ok": True}
    assert walked["dns"] == [{"name": name, "type": "A", "expected": ["127.0.0.1"], "servers": [server]}]
    assert walked["http"] == [{"url": f"http://{name}:{apache.port}/", "status": 200}]


def test_a_label_that_is_taken(demo: Demo, label: str) -> None:
    assert demo("walk", "--json", "--label", label).exit_code == 0
    again = demo("walk", "--json", "--label", label)
    assert again.exit_code != 0
    told, *_ = json.loads(again.stdout)
    assert (told["live"], told["dns"], told["http"]) == (False, [], [])
    assert f"{label}." in told["problem"]
    assert "Traceback" not in again.output


@pytest.mark.parametrize("label", ["www", "*", "a b", "antr\u00e9", "www\n", "x" * 64, "../x"], ids=ascii)
def test_a_label_that_is_none(demo: Demo, label: str) -> None:
    refused = demo("walk", "--json", "--label", label)
    assert refused.exit_code == 1
    assert "name_label" in json.loads(refused.stdout)[0]["problem"]


def test_a_walk_for_people(demo: Demo, label: str) -> None:
    done = demo("walk", "--label", label)
    assert done.exit_code == 0
    assert f"{label}." in done.stdout
    assert done.stdout.rstrip().endswith("live")


def test_info_tells_where_to_look_and_how_to_sign_in(deployment: Deployment, demo: Demo) -> None:
    done = demo("info", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    (tenant,) = told["tenants"]
    port = deployment.stack.port
    assert tenant["base_url"] == f"http://{deployment.one.host}:{port}"
    assert tenant["api_url"] == f"{tenant['base_url']}/api/v1"
    bind, apache = deployment.stack.bind, deployment.stack.apache
    assert told["dns"] == {"address": bind.address, "port": bind.port, "zones": deployment.one.content["zones"]}
    assert (told["web"]["address"], told["web"]["port"]) == ("127.0.0.1", apache.port)
    servers = {"postgresql", "redis", "bind", "apache", "clamd", "mariadb", *(["ssh"] if os.geteuid() == 0 else [])}
    assert set(told["running"]) == {"web", "relay", "work", *servers}
    assert all(told["running"].values())
    for account in tenant["accounts"]:
        assert account["role"]
        assert account["password"] == deployment.passwords[account["email"]]
    assert bind.key_secret not in done.stdout
    assert "AGE-SECRET" not in done.stdout
    assert deployment.stack.environment["TAPAK_SECRET_KEY"] not in done.stdout


def test_up_again_is_quick_and_harmless(deployment: Deployment, demo: Demo) -> None:
    case = deployment.case()
    case.to("dispose")
    web = next(process for process in deployment.stack.processes() if process.name == "web")
    pid, began = web.pid(), time.monotonic()
    try:
        done = demo("up", "--no-walk")
    finally:
        deployment.stack.start_servers()
        deployment.apply(deployment.one)
    assert done.exit_code == 0, done.output
    assert time.monotonic() - began < 30
    assert web.pid() == pid
    assert f"http://{deployment.one.host}:{deployment.stack.port}" in done.stdout
    assert case.to_end()["state"] == "done"


def test_a_port_that_somebody_else_has(deployment: Deployment, tmp_path: Path) -> None:
    taken = deployment.stack.apache.port
    (tmp_path / "redis").mkdir()
    with pytest.raises(PortTaken, match=f"port {taken} .* --port"):
        Stack(tmp_path, taken, deployment.stack.zones).start_processes()
