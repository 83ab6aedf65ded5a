"""What changes of Tarakan's services say otherwise than the procedures that they run on."""

from __future__ import annotations

import pytest

from tapak_tarakan.changes import COLOCATION_CHANGE, HOSTING_CHANGE, WEBSITE_CHANGE


@pytest.mark.parametrize("change", [HOSTING_CHANGE, WEBSITE_CHANGE, COLOCATION_CHANGE], ids=lambda each: each.key)
def test_the_letter_of_an_approved_change_promises_nothing_of_a_new_service(change):
    assert change.changes is not None
    assert any("approved" in step.options for step in change.changes.base.steps)
    assert not any("approved" in step.options for step in change.steps)
