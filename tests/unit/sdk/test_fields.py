"""Form fields: what is left blank."""

from datetime import date

import pytest
from marshmallow import Schema, ValidationError

from tapak.sdk.fields import REQUIRED, Day


class Dates(Schema):
    sent_on = Day("Dikirim")
    disposed_on = Day("Didisposisikan", optional=True)


@pytest.mark.parametrize("blank", [{}, {"disposed_on": ""}, {"disposed_on": None}])
def test_a_day_may_be_left_blank_where_it_is_optional(blank):
    loaded = Dates().load({"sent_on": "2026-11-19", **blank})
    assert loaded == {"sent_on": date(2026, 11, 19), "disposed_on": None}
    assert Dates().dump(loaded)["disposed_on"] is None


def test_a_day_that_is_not_optional_must_be_there():
    for missing in ({}, {"sent_on": ""}):
        with pytest.raises(ValidationError) as refused:
            Dates().load(missing)
        assert refused.value.messages == {"sent_on": [REQUIRED]}
    with pytest.raises(ValidationError):
        Dates().load({"sent_on": "2026-11-19", "disposed_on": "besok"})
