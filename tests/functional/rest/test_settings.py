"""Settings over REST and from the command line: one path, one history."""

from __future__ import annotations

import json

from click.testing import CliRunner

from tapak.cli.main import tapak
from tapak.testing.deployment import Deployment

TIME = "/settings/time"


def command(deployment: Deployment, *words: str) -> str:
    """What ``tapak settings`` says."""
    told = CliRunner().invoke(tapak, ["settings", *words], env=dict(deployment.stack.environment))
    assert told.exit_code == 0, told.output
    return told.output


def test_rest_and_command_line_share_one_history(deployment: Deployment) -> None:
    agency = deployment.other
    with deployment.caller(agency.applicants()[0], agency) as applicant:
        assert applicant.get("/settings").status_code == 403
    with deployment.caller(agency.admin(), agency) as caller:
        assert "time" in [each["key"] for each in caller.get("/settings").json()]
        seen = caller.get(TIME).json()
        assert "reminder_days" in [each["name"] for each in seen["fields"]]
        values = {**seen["values"], "emergency_letter_days": 9}
        ahead = caller.post(f"{TIME}/preview", json={"values": values}).json()
        assert (ahead["after"], ahead["stranded"]) == ({"emergency_letter_days": 9}, [])
        wanted = {"values": values, "note": "uji"}
        assert caller.put(TIME, json=wanted).status_code == 428
        made = caller.put(TIME, json={**wanted, "version": seen["version"]})
        assert (made.status_code, made.json()["state"]) == (200, "done"), made.text
        assert caller.put(TIME, json={**wanted, "version": seen["version"]}).json()["code"] == "stale"
        of = ("--tenant", agency.slug)
        assert json.loads(command(deployment, "show", "time", *of)) == values
        command(deployment, "set", "time", "emergency_letter_days=11", "--note", "dari server", *of)
        newest, before = caller.get("/setting-changes", params={"section": "time"}).json()[:2]
        assert (newest["made_by"], newest["note"], before["id"]) == (
            "Pengelola server",
            "dari server",
            made.json()["id"],
        )
        command(deployment, "undo", str(newest["id"]), *of)
        undone = caller.post(f"/setting-changes/{before['id']}/undo", json={})
        assert (undone.status_code, undone.json()["undoes"]) == (200, before["id"]), undone.text
        assert caller.get(TIME).json()["values"] == seen["values"]
