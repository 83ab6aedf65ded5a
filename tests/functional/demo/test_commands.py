"""Every command for operators: JSON for programs, one clear line for a refusal, an exit status that says which."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import dns.query
import dns.tsig
import dns.update
import psycopg
import pytest
from click.testing import CliRunner, Result

from tapak.__main__ import tapak
from tapak.testing.deployment import Case, Deployment

Command = Callable[..., Result]


def environment(deployment: Deployment) -> dict[str, str]:
    """An operator's environment."""
    stack = deployment.stack
    return {**stack.environment, "TAPAK_OWNER_URL": stack.owner_url, "TAPAK_IDENTITIES": str(stack.identities)}


@pytest.fixture
def command(deployment: Deployment) -> Command:
    """Runs ``tapak`` as an operator of the deployment."""

    def run(*arguments: str, **env: str) -> Result:
        return CliRunner().invoke(tapak, list(arguments), env={**environment(deployment), **env})

    return run


def rows(done: Result, exit_code: int = 0) -> Any:
    assert done.exit_code == exit_code, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def live(deployment: Deployment) -> Case:
    """A request that went live."""
    case = deployment.case()
    case.to("hand_over")
    return case


def test_procedures(deployment: Deployment, command: Command) -> None:
    listed = rows(command("procedure", "list", "--json"))
    code = f"{deployment.one.script.service}/1"
    (mine,) = [row for row in listed if row["code"] == code]
    assert mine["steps"] == 9
    shown = rows(command("procedure", "show", code, "--json"))
    assert [step["number"] for step in shown["steps"]] == [str(number) for number in range(1, 10)]
    assert command("procedure", "show", deployment.one.script.service).exit_code == 0
    wrong = command("procedure", "show", "none", "--json")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "none" in wrong.stderr


def test_providers(deployment: Deployment, command: Command, live: Case) -> None:
    assert {"bind", "apache"} <= {row["name"] for row in rows(command("provider", "list", "--json"))}
    checks = rows(command("provider", "check", "--json"))
    assert {row["tenant"] for row in checks} == {deployment.one.slug, deployment.other.slug}
    connected = [each for at in (deployment.one, deployment.other) for each in at.content["connections"]]
    assert {row["connection"] for row in checks} == {each["key"] for each in connected}
    assert all(row["ok"] and row["check"] for row in checks)
    one = rows(command("provider", "check", "--tenant", deployment.one.slug, "--json"))
    assert {row["tenant"] for row in one} == {deployment.one.slug}
    assert command("provider", "check", "--tenant", "none", "--json").exit_code == 1
    assert deployment.stack.bind.key_secret not in command("provider", "check").output


def test_a_provider_that_is_down(deployment: Deployment, command: Command) -> None:
    deployment.stack.apache.stop()
    try:
        checks = rows(command("provider", "check", "--tenant", deployment.one.slug, "--json"), exit_code=1)
    finally:
        deployment.stack.apache.start()
    assert [row for row in checks if row["connection"] == "web" and not row["ok"] and row["message"]]
    assert all(row["ok"] for row in checks if row["connection"] == "dns")


def test_tenants(deployment: Deployment, command: Command) -> None:
    slugs = [row["slug"] for row in rows(command("tenant", "list", "--json"))]
    assert slugs == sorted([deployment.one.slug, deployment.other.slug])
    (shown,) = rows(command("tenant", "show", deployment.other.slug, "--json"))
    assert (shown["hosts"], shown["active"]) == ([deployment.other.host], True)
    wrong = command("tenant", "show", "none", "--json")
    assert (wrong.exit_code, wrong.stdout) == (1, "")


def test_applying_a_tenant_again_changes_nothing(deployment: Deployment, command: Command, project_root: Any) -> None:
    given = [f"--set={name}={value}" for name, value in deployment.stack.placeholders.items()]
    file = str(project_root / "deploy" / "demo" / f"{deployment.one.slug}.tenant.toml")
    try:
        assert command("tenant", "apply", file, *given).exit_code == 0
        assert rows(command("tenant", "apply", file, *given, "--json")) == []
    finally:
        deployment.apply(deployment.one)


def test_a_tenant_file_that_is_wrong(deployment: Deployment, command: Command, tmp_path: Any) -> None:
    file = tmp_path / "salah.toml"
    for content in ("", "slug =", 'slug = "x"\n', "\0", 'slug = "../x"\nname = 5\nmore = 1\n'):
        file.write_text(content)
        wrong = command("tenant", "apply", str(file), "--json")
        assert (wrong.exit_code, wrong.stdout) == (1, ""), content
        assert "Traceback" not in wrong.output
        assert wrong.exception is None or isinstance(wrong.exception, SystemExit)
    assert len(rows(command("tenant", "list", "--json"))) == 2


def test_the_database_is_at_its_newest_revision(deployment: Deployment, command: Command) -> None:
    done = command("db", "upgrade")
    assert done.exit_code == 0
    assert "revision" in done.stdout


def test_the_audit_chain(deployment: Deployment, command: Command, live: Case) -> None:
    reports = rows(command("audit", "verify", "--json"))
    assert {row["tenant"] for row in reports} == {deployment.one.slug, deployment.other.slug}
    assert all(row["sound"] and row["events"] == row["seq"] > 0 for row in reports)


def test_a_changed_audit_event_is_found(deployment: Deployment, command: Command, live: Case) -> None:
    with psycopg.connect(deployment.stack.postgresql.dsn("postgres", "tapak"), autocommit=True) as superuser:
        superuser.execute("set session_replication_role = replica")
        changed = "update audit_event set summary = %s where id = (select min(id) from audit_event) returning summary"
        before = superuser.execute("select summary from audit_event order by id limit 1").fetchone()
        superuser.execute(changed, ("diubah",))
        try:
            reports = rows(command("audit", "verify", "--json"), exit_code=1)
        finally:
            superuser.execute(changed, before)
    assert [row["problems"] for row in reports if not row["sound"]]
    assert command("audit", "verify").exit_code == 0


def test_doctor_finds_nothing_stuck(deployment: Deployment, command: Command, live: Case) -> None:
    live.wait(lambda: command("doctor", "--json").exit_code == 0, "nothing to be stuck")
    assert isinstance(rows(command("doctor", "--json")), list)


def by_hand(case: Case, address: str) -> None:
    """What an operator does at the name server."""
    bind = case.deployment.stack.bind
    key = dns.tsig.Key(bind.key_name, bind.key_secret, bind.algorithm)
    change = dns.update.UpdateMessage(case.agency.zone, keyring=key)
    change.replace(case.name + ".", 300, "A", address)
    assert dns.query.tcp(change, bind.address, port=bind.port, timeout=5).rcode() == 0


def test_a_record_changed_by_hand_is_found_and_shown(deployment: Deployment, command: Command, live: Case) -> None:
    zone = live.agency.zone
    before = rows(command("zone", "diff", zone, "--json"))
    assert [row for row in before if row["kind"] == "changed"] == []
    assert f"ns1.{zone}/A" in [row["identity"] for row in before if row["kind"] == "foreign"]
    by_hand(live, "192.0.2.77")
    try:
        found = rows(command("zone", "diff", zone, "--json"), exit_code=1)
        (mine,) = [row for row in found if row["kind"] == "changed"]
        assert (mine["tenant"], mine["identity"]) == (deployment.one.slug, f"{live.name}/A")
        assert (mine["ours"]["values"], mine["found"]["values"]) == (["127.0.0.1"], ["192.0.2.77"])
        assert "192.0.2.77" in command("zone", "diff", zone).stdout
        with psycopg.connect(deployment.stack.owner_url, autocommit=True) as owner:
            owner.execute("update wake set next_at = now() where kind = 'drift'")
        live.wait(lambda: live.resources()["name"]["drift"], "the change to be shown")
        assert "192.0.2.77" in json.dumps(live.resources()["name"]["drift"])
    finally:
        by_hand(live, "127.0.0.1")


def test_lists_are_lists_for_programs_and_words_for_people(deployment: Deployment, command: Command) -> None:
    (mine,) = [row for row in rows(command("tenant", "list", "--json")) if row["slug"] == deployment.one.slug]
    assert mine["hosts"] == [deployment.one.host]
    assert deployment.one.script.service in mine["procedures"]
    assert f"{deployment.one.host}  " in command("tenant", "list").stdout
    (bind,) = [row for row in rows(command("provider", "list", "--json")) if row["name"] == "bind"]
    assert bind["kinds"] == ["record_set"]
    assert "CNAME" in bind["records"]


def test_a_zone_whose_server_is_down_is_told_in_words(deployment: Deployment, command: Command) -> None:
    with deployment.connected("dns", port=9):
        refused = command("zone", "diff", deployment.one.zone)
    assert (refused.exit_code, refused.stdout) == (1, "")
    first = refused.stderr.splitlines()[0]
    assert "tidak menjawab" in first and "[provider_unavailable]" in first


def test_a_zone_that_is_nobody_s(command: Command) -> None:
    wrong = command("zone", "diff", "example.org", "--json")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "example.org" in wrong.stderr


@pytest.mark.parametrize(
    "arguments", ["tenant list", "provider check", "audit verify", "doctor", "db upgrade", "zone diff x"]
)
def test_a_database_that_is_not_there(command: Command, arguments: str) -> None:
    gone = "postgresql://nobody@127.0.0.1:1/none"
    refused = command(*arguments.split(), TAPAK_DATABASE_URL=gone, TAPAK_OWNER_URL=gone)
    assert refused.exit_code == 1
    assert isinstance(refused.exception, SystemExit), repr(refused.exception)
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) <= 3


def test_only_json_goes_to_standard_output(deployment: Deployment) -> None:
    env = {**{name: value for name, value in os.environ.items() if name == "PATH"}, **environment(deployment)}
    argv = [sys.executable, "-m", "tapak", "tenant", "list", "--json"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert len(json.loads(done.stdout)) == 2
    assert done.stderr == ""
