"""The agent at its own door: lines in, lines out, as a host without our packages runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import tapak_webhost
from tapak_webhost.agent.protocol import MAX_REQUEST

SPEC = {
    "name": "a.example.test",
    "title": "Judul",
    "owner": "Dinas",
    "redirects": [],
    "headers": [],
    "php": None,
    "suspended": False,
    "https": None,
    "proxy": None,
}
APPLY = {"verb": "apply", "name": "a.example.test", "fence": 1, "timeout": 5, "desired": SPEC, "observed": None}
CONFIG = """\
server = "apache"
web_dir = "{0}/web"
vhost_dir = "{0}/vhost.d"
state_dir = "{0}/state"
access_log = "{0}/access.log"
address = "127.0.0.1:1"
vhost_address = "*:1"
program = "/usr/sbin/apache2"
main_conf = "{0}/apache2.conf"
modules_conf = "{0}/modules.conf"
info_module = "{0}/mod_info.so"
pid_file = "{0}/apache2.pid"
"""

Ask = Callable[[bytes], dict[str, Any]]


def command(config: Path) -> list[str]:
    """Python without any installed package but ours."""
    return [sys.executable, "-S", "-m", "tapak_webhost.agent", "--config", str(config)]


def environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(tapak_webhost.__file__).parents[1])}


def host(place: Path) -> Path:
    """The settings of an agent that works in ``place``."""
    for name in ("web", "vhost.d"):
        (place / name).mkdir()
    path = place / "agent.toml"
    path.write_text(CONFIG.format(place))
    return path


@contextmanager
def running(config: Path) -> Iterator[Ask]:
    with subprocess.Popen(command(config), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as agent:
        assert agent.stdin is not None
        assert agent.stdout is not None
        wire, answers = agent.stdin, agent.stdout

        def exchange(line: bytes) -> dict[str, Any]:
            wire.write(line + b"\n")
            wire.flush()
            answer = answers.readline()
            assert answer.isascii()
            return json.loads(answer)

        yield exchange
        wire.close()
        assert agent.wait(10) == 0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return host(tmp_path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agent")


@pytest.fixture(scope="module")
def ask(place: Path) -> Iterator[Ask]:
    with running(host(place)) as exchange:
        yield exchange


def line(**fields: Any) -> bytes:
    return json.dumps({"id": 1, **fields}).encode()


def code(answer: dict[str, Any]) -> str:
    assert answer["ok"] is False
    assert set(answer["error"]) == {"code", "message", "details"}
    return answer["error"]["code"]


def test_it_greets_and_makes_a_site(config: Path) -> None:
    with running(config) as ask:
        _greets_and_makes(ask, config.parent / "web/sites")


def _greets_and_makes(ask: Ask, sites: Path) -> None:
    greeting = ask(line(verb="hello"))["result"]
    assert (greeting["protocol"], greeting["server"]) == (5, "apache")
    assert ask(line(**APPLY)) == {
        "id": 1,
        "ok": True,
        "result": {
            "site": {"spec": SPEC, "served": "mass", "generation": 1, "fence": 1, "certificate": ""},
            "document_root": str(sites / "a.example.test/public"),
        },
    }
    assert (sites / "a.example.test/public/index.html").stat().st_mode & 0o777 == 0o644
    assert (
        ask(line(verb="read", names=["a.example.test", "b.example.test"]))["result"]["sites"]["b.example.test"] is None
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b'"apply"',
        b"\xff\xfe",
        b'{"id": 1, "id": 2, "verb": "hello"}',
        b'{"id": 1, "verb": "facts", "names": [], "days": NaN}',
        b"[" * 200_000,
        b'{"verb": "hello"}',
        b'{"id": true, "verb": "hello"}',
        b'{"id": {}, "verb": "hello"}',
        b'{"id": 1}',
        b'{"id": 1, "verb": 7}',
        line(verb="hello", names=[]),
        line(verb="read"),
        line(verb="read", names="a.example.test"),
        line(verb="read", names=["a.example.test"] * 1001),
        line(verb="facts", names=[], days=0),
        line(verb="usage", names=[], bounds=[0]),
        line(verb="usage", names=[], bounds=[3600, 3600]),
        line(verb="usage", names=[], bounds=[0, 1800]),
        line(verb="usage", names=[], bounds=[0, True]),
        line(verb="facts", names=[], days=1.5),
        line(**{**APPLY, "fence": -1}),
        line(**{**APPLY, "fence": True}),
        line(**{**APPLY, "fence": "1"}),
        line(**{**APPLY, "timeout": 0}),
        line(**{**APPLY, "timeout": 1e9}),
        line(**{**APPLY, "desired": None}),
        line(**{**APPLY, "desired": []}),
        line(**{**APPLY, "desired": {**SPEC, "extra": 1}}),
        line(**{**APPLY, "desired": {**SPEC, "suspended": 1}}),
        line(**{**APPLY, "desired": {**SPEC, "php": {}}}),
        line(**{**APPLY, "desired": {**SPEC, "php": {"memory": 10**6, "upload": 1, "seconds": 1}}}),
        line(**{**APPLY, "desired": {**SPEC, "php": {"memory": 1, "upload": 1, "seconds": 1, "ini": "x"}}}),
        line(**{**APPLY, "desired": {**SPEC, "title": 1}}),
        line(**{**APPLY, "desired": {**SPEC, "headers": [["X-A"]]}}),
        line(**{**APPLY, "desired": {**SPEC, "headers": [["X-A", 1]]}}),
        line(**{**APPLY, "desired": {**SPEC, "headers": [["X-A", "b"]] * 51}}),
        line(**{**APPLY, "desired": {**SPEC, "redirects": [{"path": "/a", "target": "/b"}]}}),
        line(**{**APPLY, "desired": {**SPEC, "name": "b.example.test"}}),
        line(**{key: value for key, value in APPLY.items() if key != "observed"}),
        line(**APPLY, shell="id"),
        line(verb="put", sha256="a" * 64, size=1, offset=0),
        line(verb="put", sha256="A" * 64, size=1, offset=0, data=""),
        line(verb="put", sha256="a" * 64, size=0, offset=0, data=""),
        line(verb="put", sha256="a" * 64, size=1, offset=-1, data=""),
        line(verb="put", sha256="a" * 64, size=1, offset=0, data="?"),
        line(verb="probe", name="a.example.test", place="ya"),
        line(**{**APPLY, "verb": "apply_release"}),
        line(
            **{**APPLY, "verb": "apply_release", "desired": {"site": "b.example.test", "sha256": "a" * 64, "keep": 1}}
        ),
        line(
            **{**APPLY, "verb": "apply_release", "desired": {"site": "a.example.test", "sha256": "a" * 64, "keep": 99}}
        ),
        line(**{**APPLY, "verb": "apply_release", "desired": {"site": "a.example.test", "sha256": "../x", "keep": 1}}),
        line(**{**APPLY, "verb": "apply_account", "desired": {"site": "a.example.test", "keys": "x", "recipient": ""}}),
        line(**{**APPLY, "verb": "apply_account", "desired": None, "password": "a:b", "sealed": "x"}),
        line(**{**APPLY, "verb": "apply_account", "desired": None, "password": "x" * 20, "sealed": None}),
        line(verb="open_account", name="a.example.test", key=7),
    ],
)
def test_what_is_no_request_is_refused(ask: Ask, place: Path, sent: bytes) -> None:
    assert code(ask(sent)) == "bad_request"
    assert ask(line(verb="read", names=[]))["ok"]
    assert not (place / "web/sites/a.example.test").exists()


def test_figures_before_the_first_site(config: Path) -> None:
    with running(config) as ask:
        figures = ask(line(verb="facts", names=["a.example.test"], days=7))["result"]
    assert figures["sites"] == 0
    assert figures["usage"]["a.example.test"]["disk"] is None


def test_what_this_host_does_not_offer_is_told(ask: Ask, place: Path) -> None:
    php = {"memory": 64, "upload": 1, "seconds": 5}
    assert code(ask(line(**{**APPLY, "desired": {**SPEC, "php": php}}))) == "unsupported"
    account = {"site": "a.example.test", "keys": [], "recipient": ""}
    wanted = {**APPLY, "verb": "apply_account", "desired": account}
    assert code(ask(line(**wanted))) == "unsupported"
    assert ask(line(verb="hello"))["result"]["capabilities"] == ["mass", "vhost", "release"]
    assert not (place / "web/sites/a.example.test").exists()


def test_an_unknown_verb_is_refused(ask: Ask) -> None:
    for verb in ("", "get", "answer", "__init__", "_try_web"):
        assert code(ask(line(verb=verb))) == "unknown_verb"


def test_an_endless_line_is_refused_and_the_next_one_read(ask: Ask) -> None:
    assert code(ask(b"x" * (3 * MAX_REQUEST))) == "bad_request"
    assert ask(line(verb="read", names=[]))["ok"]


@pytest.mark.parametrize("name", ["WWW.example.test", "../x", "www.example.test\n", "-a.example.test", "", None, 7])
def test_names_are_checked_here_again(ask: Ask, name: object) -> None:
    assert code(ask(line(verb="read", names=[name]))) == "invalid_name"
    assert code(ask(line(**{**APPLY, "name": name, "desired": {**SPEC, "name": name}}))) == "invalid_name"


def test_words_are_checked_here_again(ask: Ask) -> None:
    for field, value in (("title", "\ud800"), ("owner", "a\nb"), ("headers", [["X-A", "a\nb"]])):
        answer = ask(line(**{**APPLY, "desired": {**SPEC, field: value}}))
        assert code(answer) == "invalid_spec"
        assert answer["error"]["details"] == {"field": field}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('server = "apache"', 'server = "lain"', "server must be apache or nginx"),
        ('server = "apache"', 'server = "apache"\nextra = 1', "unknown setting extra"),
        ('web_dir = "', 'web_dir = "x', "web_dir must be an absolute path"),
        ('address = "127.0.0.1:1"\n', "", "address must be a word"),
        ("server", "= =", "Invalid"),
    ],
)
def test_a_bad_configuration_is_told(config: Path, old: str, new: str, told: str) -> None:
    config.write_text(config.read_text().replace(old, new, 1))
    answer = _first_answer(config)
    assert code(answer) == "bad_config"
    assert told in answer["error"]["message"]


def test_a_missing_configuration_is_told(tmp_path: Path) -> None:
    answer = _first_answer(tmp_path / "nowhere.toml")
    assert code(answer) == "bad_config"
    assert "nowhere.toml" in answer["error"]["message"]


def test_a_missing_directory_is_told_without_a_traceback(config: Path) -> None:
    (config.parent / "web").rmdir()
    with running(config) as ask:
        for sent in (line(**APPLY), line(verb="read", names=[]), line(verb="facts", names=[], days=7)):
            answer = ask(sent)
            assert code(answer) == "bad_config"
            assert "web" in answer["error"]["message"]


def test_the_agent_needs_no_package(config: Path) -> None:
    text = "import sys, tapak_webhost.agent.main; print(sorted(set(sys.modules) & {'tapak', 'marshmallow'}))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_the_distributions() -> None:
    assert version("tapak-webhost") == tapak_webhost.VERSION


def _first_answer(config: Path) -> dict[str, Any]:
    done = subprocess.run(command(config), input=b"", capture_output=True, env=environment(), timeout=20, check=False)
    assert done.returncode == 2
    return json.loads(done.stdout)
