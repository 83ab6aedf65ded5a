"""From what a browser sends to a step's input, and from any draft to a form that can be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema
from tapak_kota.forms import ServersPart
from werkzeug.datastructures import MultiDict

from tapak.requests.forms import describe
from tapak.sdk.decisions import DecisionPart
from tapak.web.formdata import fit_to_show, on_page, read
from tapak_tarakan.hosting_forms import HostingReview, HostingSubmission


def fields_of(schema: type[Schema]):
    return schema().fields


def sent(*pairs: tuple[str, str]) -> MultiDict[str, str]:
    return MultiDict(pairs)


def test_ticked_boxes_are_true_and_others_false():
    told = read(fields_of(HostingReview), sent(("server_ok", "1"), ("name_ok", "")))
    assert (told["server_ok"], told["bandwidth_ok"], told["name_ok"]) == (True, False, False)


def test_every_ticked_choice_is_kept_and_none_is_an_empty_list():
    told = read(fields_of(DecisionPart), sent(("reasons", "a"), ("reasons", "b"), ("reasons", "")))
    assert (told["reasons"], told["fields_concerned"]) == (["a", "b"], [])


def test_figures_are_gathered_by_their_key_and_blank_ones_dropped():
    form = sent(("manual_facts.disk.free", " 20 GB "), ("manual_facts.load", "  "), ("manual_facts.", "x"))
    assert read(fields_of(HostingReview), form)["manual_facts"] == {"disk.free": "20 GB"}


def test_a_text_that_was_not_sent_is_left_out_and_a_blank_one_kept():
    told = read(fields_of(HostingSubmission), sent(("letter_number", "")))
    assert told == {"letter_number": "", "statement": False}


def test_what_no_field_asks_for_is_left_out():
    assert "version" not in read(fields_of(HostingSubmission), sent(("version", "3"), ("csrf_token", "t")))


def test_a_text_field_sent_twice_gives_one_text():
    assert read(fields_of(HostingSubmission), sent(("kind", "other"), ("kind", "x")))["kind"] == "other"


@pytest.mark.parametrize("name", ["name_label", "description"])
def test_nul_is_made_visible_so_that_the_draft_can_be_stored(name):
    assert read(fields_of(HostingSubmission), sent((name, "a\0b")))[name] == "a\ufffdb"


def test_a_page_has_its_own_fields_only():
    page = on_page(fields_of(HostingSubmission), "name")
    assert set(page) == {"name_label", "name_zone", "address_kind"}
    assert set(read(page, sent(("name_label", "a"), ("letter_number", "b")))) == {"name_label"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SHAPES = {"checkboxes": list, "checkbox": bool, "figures": dict}


def test_a_table_is_read_row_by_row_and_blank_rows_are_none():
    form = sent(
        ("servers.0.model", "R1"),
        ("servers.0.power", "one"),
        ("servers.1.model", ""),
        ("servers.3.model", "R2\0"),
        ("servers.x.model", "R3"),
        ("servers.99999.model", "R4"),
        ("servers.", "R5"),
    )
    told = read(fields_of(ServersPart), form)
    assert told == {"servers": [{"model": "R1", "power": "one"}, {"model": "R2\ufffd"}]}


@given(JSON)
def test_any_draft_can_be_shown(value):
    for schema in (HostingSubmission, HostingReview, DecisionPart):
        given_form = [type(field)(**{**vars(field), "value": value}) for field in describe(schema())]
        for field in fit_to_show(given_form):
            assert isinstance(field.value, SHAPES.get(field.widget, str))


@given(st.lists(st.tuples(st.sampled_from([*fields_of(HostingReview), "manual_facts.x", "y"]), st.text()), max_size=12))
def test_whatever_is_sent_the_schema_can_judge_it(pairs):
    problems = HostingReview().validate(read(fields_of(HostingReview), sent(*pairs)))
    assert "_schema" not in problems and set(problems) <= set(fields_of(HostingReview))
