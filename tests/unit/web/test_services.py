"""The catalogue: services that anybody may apply for, and no changes, which are asked for at a service that runs."""

import pytest

from .conftest import ORIGIN


@pytest.mark.parametrize("who", ["", "dinkes"])
def test_changes_are_no_services_to_apply_for(site, who) -> None:
    assert "tarakan.hosting_change" in site.tenant.settings["procedures"]
    browser = site.browser(who) if who else site.visitor()
    assert "Layanan Colocation Server" in browser.get("/layanan").text
    for address in ("/", "/layanan"):
        page = browser.get(address).text
        assert "_change" not in page
        assert "Perubahan Layanan" not in page


def test_rest_lists_none_either_and_tells_their_procedure(site) -> None:
    client = site.app.test_client()
    keys = [each["key"] for each in client.get("/api/v1/services", base_url=ORIGIN).json]
    assert keys == ["tarakan.hosting", "tarakan.colocation", "tarakan.website"]
    told = client.get("/api/v1/services/tarakan.hosting_change", base_url=ORIGIN)
    assert told.json["service"] == "Perubahan Layanan Hosting dan Sub Domain"
