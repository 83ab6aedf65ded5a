"""Links to a live site lead to where the public finds it, which in a demo is a port of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tapak.testing.deployment import Case, Deployment


@contextmanager
def signed_in(deployment: Deployment, who: str) -> Iterator[httpx.Client]:
    """``who``'s browser."""
    with deployment.browser() as browser:
        browser.headers["Origin"] = f"http://{deployment.one.host}:{deployment.stack.port}"
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/masuk").text)[0]
        form = {"email": who, "password": deployment.passwords[who], "csrf_token": token}
        assert browser.post("/masuk", data=form).is_redirect
        yield browser


def opened(link: str) -> int:
    """What answers at ``link``, whose name leads to this machine."""
    url = httpx.URL(link)
    return httpx.get(url.copy_with(host="127.0.0.1"), headers={"Host": url.host}, timeout=10).status_code


def links_to(case: Case, page: str) -> set[str]:
    return set(re.findall(rf'href="(https?://{re.escape(case.name)}[^"]*)"', page))


def test_the_links_to_a_live_site_open_it(deployment: Deployment) -> None:
    case = deployment.case()
    task = case.to("close")
    (service,) = [
        each["id"]
        for each in case.walker.call(case.applicant, "GET", "/active-services")
        if each["request_id"] == case.request_id
    ]
    wanted = f"http://{case.name}:{deployment.stack.apache.port}/"
    with signed_in(deployment, case.applicant) as browser:
        for path in (f"/tugas/{task['id']}", f"/layanan-aktif/{service}"):
            assert links_to(case, browser.get(path).text) == {wanted}, path
    assert opened(wanted) == 200
    with deployment.connected("web", public_port=443), signed_in(deployment, case.applicant) as browser:
        assert links_to(case, browser.get(f"/tugas/{task['id']}").text) == {f"https://{case.name}/"}
