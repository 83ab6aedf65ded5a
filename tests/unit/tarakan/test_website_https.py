"""A website whose site answers HTTPS keeps its certificate when it is updated."""

from __future__ import annotations

from tapak.sdk.certificates import Certificate, Https
from tapak.sdk.resources import DesiredResource, Site
from tapak.sdk.secured import secured
from tapak.sdk.view import ServiceRef
from tapak.testing.procedure_contract import assert_graph
from tapak.testing.view import MemoryView
from tapak_tarakan.settings import TarakanSettings
from tapak_tarakan.website import WEBSITE

NAME = "profil.example.test"
SITE = DesiredResource("site", Site(NAME))
EXISTS = {"site": NAME, "runtime": "static", "database": "none"}


def updated(standing: tuple[DesiredResource, ...], **settings: str) -> MemoryView:
    """An update of the website that consists of ``standing``, from row 6 on."""
    told = {**TarakanSettings().load({}), **settings}
    results = {"review": {}, "exists": EXISTS}
    view = MemoryView.of(WEBSITE, settings=told, results=results, services=(ServiceRef(7, "Profil", standing),))
    return view.at("install")


def test_an_update_keeps_the_certificate_that_the_site_needs() -> None:
    stood = secured(updated((), https="redirect"), (SITE,))
    for https in ("redirect", "off"):
        view = updated(stood, https=https)
        assert_graph(view)
        wanted = {each.key: each for each in WEBSITE.desired_resources(view)}
        assert wanted["certificate"].spec == Certificate(NAME)
        assert wanted["site"].spec == Site(NAME, https=Https(redirect=True))
        assert "certificate" in wanted["site"].needs


def test_an_update_brings_https_to_a_site_without_it() -> None:
    assert {each.key for each in WEBSITE.desired_resources(updated((SITE,)))} >= {"site"}
    wanted = {each.key: each for each in WEBSITE.desired_resources(updated((SITE,), https="on"))}
    assert wanted["site"].needs == ("certificate",)
