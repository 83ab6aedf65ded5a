"""HTTPS of declared sites by the agency's settings, what a change of names makes of it, and names of certificates."""

from __future__ import annotations

import pytest
from tapak_kota.plugin import procedures

from tapak.sdk import change_resources
from tapak.sdk.certificates import Certificate, Https
from tapak.sdk.names import NameWish
from tapak.sdk.resources import DesiredResource, RecordSet, Site, carried, spec_from_json, spec_to_json
from tapak.sdk.secured import secured
from tapak.sdk.x509 import covers
from tapak.testing.view import MemoryView

SITE = DesiredResource("site", Site("a.example.test"), needs=("database",))
NAME = DesiredResource("name", RecordSet("example.test", "a.example.test", "A", ("192.0.2.1",)), needs=("site",))


def view(**given: object) -> MemoryView:
    return MemoryView.of(procedures()[0], **given)


@pytest.mark.parametrize("given", [{}, {"settings": {"https": "off"}}])
def test_nothing_changes_where_https_is_off(given: dict[str, object]) -> None:
    assert secured(view(**given), (SITE, NAME)) == (SITE, NAME)


def test_nothing_changes_where_no_connection_gives_certificates() -> None:
    at = view(settings={"https": "on"}, lacking=frozenset({"certificate"}))
    assert secured(at, (SITE, NAME)) == (SITE, NAME)


@pytest.mark.parametrize(("https", "redirect"), [("on", False), ("redirect", True)])
def test_a_site_needs_its_certificate(https: str, redirect: bool) -> None:
    at = view(settings={"https": https, "hsts": "day"})
    certificate, site, name = secured(at, (SITE, NAME))
    assert certificate == DesiredResource("certificate", Certificate("a.example.test"))
    assert site.spec == Site("a.example.test", https=Https(redirect, "day"))
    assert site.needs == ("database", "certificate")
    assert name == NAME
    assert secured(at, (certificate, site, name)) == (certificate, site, name)


def test_specs_are_the_same_after_json() -> None:
    for spec in (Certificate("B.example.test.", ("*.a.example.test", "b.example.test")), Site("a", https=Https())):
        assert spec_from_json(spec.kind, spec_to_json(spec)) == spec


def test_a_renewal_outlives_another_declaration() -> None:
    assert carried(Certificate("a.b"), Certificate("a.b", renewal=4)) == Certificate("a.b", renewal=4)


def test_a_renamed_service_has_a_certificate_for_its_new_name() -> None:
    names = {"a.example.test": NameWish("b", "example.test")}
    renamed = change_resources._under(Certificate("a.example.test", ("www.a.example.test",)), names)
    assert renamed == Certificate("b.example.test", ("www.b.example.test",))


@pytest.mark.parametrize(
    ("names", "wanted", "good"),
    [
        (("a.example.test",), "A.example.test.", True),
        (("*.example.test",), "a.example.test", True),
        (("*.example.test",), "b.a.example.test", False),
        (("*.example.test",), "example.test", False),
        (("example.test",), "a.example.test", False),
        (("*.test",), "test", False),
    ],
)
def test_a_wildcard_stands_for_exactly_one_label(names: tuple[str, ...], wanted: str, good: bool) -> None:
    assert covers(names, wanted) is good
