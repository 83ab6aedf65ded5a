"""A name that stands in the zone and isn't ours is not offered, from the moment on at which it stands there."""

from __future__ import annotations

import time

from tapak.testing.deployment import Case, Deployment

from .test_on_the_way_to_live import by_hand


def available(case: Case) -> dict[str, object]:
    with case.deployment.caller(case.applicant) as caller:
        answer = caller.get(f"/names/{case.agency.zone}/{case.label}")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_foreign_name_is_seen_at_once(deployment: Deployment) -> None:
    case = deployment.case()
    free = available(case)
    assert (free["available"], free["current"]) == (True, True)
    time.sleep(5)  # a look counts as the present for so long
    by_hand(case, "198.51.100.3")
    try:
        taken = available(case)
        assert taken["available"] is False
        assert "di luar Tapak" in str(taken["problem"])
    finally:
        by_hand(case)


def test_while_the_server_is_down_the_last_look_is_told_as_such(deployment: Deployment) -> None:
    case = deployment.case()
    known = available(case)
    assert known["checked_at"] is not None
    with deployment.connected("dns", port=9):
        time.sleep(5)
        began = time.monotonic()
        told = available(case)
        assert time.monotonic() - began < 4
    assert (told["available"], told["current"]) == (True, False)
    assert str(told["checked_at"]) >= str(known["checked_at"])
    case.wait(lambda: available(case)["current"], "the zone to be looked at again")
