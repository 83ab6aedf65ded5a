"""A connection is tested where its secrets can be opened, and what is wrong is told in words to act on."""

from __future__ import annotations

from typing import Any

import httpx

from tapak.demo.servers.process import wait_until
from tapak.testing.deployment import Deployment


def settled(caller: httpx.Client, key: str) -> dict[str, Any]:
    """The connection, once a worker has tested it."""

    def look() -> dict[str, Any]:
        return dict(caller.get(f"/connections/{key}").json())

    wait_until(lambda: not look()["checking"], 60, f"a test of connection {key}")
    return look()


def test_a_connection_is_tested_by_a_worker(deployment: Deployment) -> None:
    with deployment.caller(deployment.one.admin()) as caller:
        asked = caller.post("/connections/dns/check")
        assert (asked.status_code, asked.json()["checking"]) == (202, True)
        stands = settled(caller, "dns")
        assert stands["checks"] and all(line["ok"] for line in stands["checks"]), stands["checks"]
        copy = {name: stands[name] for name in ("provider", "title", "settings")}
        settings = {**copy["settings"], "zones": ["lain.example"], "key_secret": "c2FsYWgtc2VrYWxpLXNhbGFo"}
        made = caller.put("/connections/keliru", json={**copy, "settings": settings, "version": ""})
        assert (made.status_code, made.json()["secrets_stored"]) == (200, True), made.text
        wrong = settled(caller, "keliru")
        told = [line["message"] for line in wrong["checks"] if not line["ok"]]
        assert told and all("c2FsYWgt" not in line for line in told), wrong["checks"]
        switched = caller.post("/connections/keliru/switch", json={"active": False})
        assert not switched.json()["active"]
        assert caller.delete("/connections/keliru").status_code == 204
        assert caller.get("/connections/keliru").status_code == 404
