"""What the tenant sets counts from the very next act, in every process."""

from __future__ import annotations

from tapak.testing.deployment import Deployment


def test_a_setting_counts_from_the_next_act(deployment: Deployment) -> None:
    settings = deployment.other.content["settings"]
    with deployment.caller(deployment.other.applicants()[0], deployment.other) as applicant:
        for procedures, status in (([], 404), (settings["procedures"], 201)):
            assert applicant.get("/session").status_code == 200
            deployment.apply(deployment.other, settings={**settings, "procedures": procedures})
            begun = applicant.post("/requests", json={"service": deployment.other.script.service})
            assert begun.status_code == status, begun.text
