"""Websites on real servers: made, updated under visitors' eyes, switched back, kept and brought back."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from threading import Event
from typing import Any

import httpx
import psycopg
import pytest

from tapak.demo.walk import WalkProblem
from tapak.testing.deployment import Case, Deployment

SERVICE = "tarakan.website"
PAGES = 40
OFFICER = "kabid.aplikasi@dkisp.tarakankota.go.id"
ANALYSIS = {
    "needs": [{"topic": "Profil", "content": "Sejarah dan visi", "source": "Sekretariat", "keeper": "Humas"}],
    "functions": "Pencarian",
}


def packed(**files: str) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, content in files.items():
            opened.writestr(name.replace("__", "."), content)
    return made.getvalue()


def release(word: str) -> bytes:
    """A static site whose pages all say the same ``word``, long enough to be sent in several pieces."""
    pages = {f"{number}__html": f"<p>{word}</p>" * 20_000 for number in range(PAGES)}
    return packed(index__html=f"<h1>{word}</h1>", **pages)


def case(deployment: Deployment, archive: bytes | None = None) -> Case:
    """A request of its own, with ``archive`` in place of the demo's application."""
    made = deployment.case(deployment.one.at(SERVICE))
    if archive is not None:
        made.walker.script = replace(made.walker.script, archives={"application": archive})
    return made


def static(deployment: Deployment, word: str) -> Case:
    """A live static website that says ``word``; its request has ended."""
    made = case(deployment, release(word))
    made.to("exists")
    made.take("exists", runtime="static", database="none")
    made.to_end()
    return made


def update_of(deployment: Deployment, site: Case, archive: bytes, runtime: str = "static") -> Case:
    """A request to update ``site``, whose installation is next."""
    made = case(deployment, archive)
    made.start()
    made.take("submit", site=site.name, name_label="")
    made.to("exists")
    made.take("exists", runtime=runtime, database="none")
    return made


def served(deployment: Deployment, name: str, path: str = "/") -> httpx.Response:
    return httpx.get(f"{deployment.stack.apache.url}{path}", headers={"Host": name}, timeout=30)


@contextmanager
def visitors(deployment: Deployment, name: str) -> Iterator[list[str]]:
    """People who read pages of ``name`` all the while; gives the words that they saw, one for each page."""
    seen: list[str] = []
    done = Event()

    def read() -> None:
        with httpx.Client(base_url=deployment.stack.apache.url, headers={"Host": name}, timeout=30) as client:
            number = 0
            while not done.is_set():
                answer = client.get(f"/{number % PAGES}.html")
                words = set(answer.text.replace("<p>", "").split("</p>")) - {""}
                seen.append(" ".join(sorted(words)) if answer.status_code == 200 else f"HTTP {answer.status_code}")
                number += 1

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            yield seen
        finally:
            done.set()
            for reader in readers:
                reader.result()


def rows(deployment: Deployment, register: str, words: str) -> list[dict[str, Any]]:
    with deployment.caller(OFFICER) as client:
        found = client.get(f"/registers/{register}", params={"q": words}).json()
    return [row["content"] for row in found]


def look_now(deployment: Deployment, kind: str) -> None:
    """Have the relay look at once at what waits for its day."""
    with psycopg.connect(deployment.stack.owner_url, autocommit=True) as owner:
        owner.execute("update wake set next_at = now() where kind = %s", (kind,))


def kept(deployment: Deployment, name: str, kind: str) -> Callable[[], list[Mapping[str, Any]]]:
    def find() -> list[Mapping[str, Any]]:
        look_now(deployment, kind)
        return [line for line in rows(deployment, "tapak.backups", name) if line["kind"] == kind]

    return find


def test_an_application_runs_with_its_database_and_is_kept_and_brought_back(deployment: Deployment) -> None:
    made = case(deployment)
    assert made.to_end()["state"] == "done"
    found = made.resources()
    assert {row["state"] for row in found.values()} == {"live"}
    assert {"database", "site", "release", "name", "backup"} <= set(found)
    assert "Kunjungan ke-" in served(deployment, made.name).text
    (line,) = rows(deployment, "tarakan.website_configuration", made.name)
    assert (line["work"], line["runtime"]) == ("created", "php")
    for kind in ("back_up", "test_restore"):
        made.wait(kept(deployment, made.name, kind), f"{kind} to be told", 120)
    told = [(line["kind"], line["outcome"], line["problem"]) for line in rows(deployment, "tapak.backups", made.name)]
    assert sorted(set(told)) == [("back_up", "succeeded", ""), ("test_restore", "succeeded", "")]


def test_one_that_is_to_be_made_goes_by_the_unit_s_analysis(deployment: Deployment) -> None:
    made = case(deployment)
    made.walker.script = replace(made.walker.script, archives={"application": release("dibuat")})
    made.start()
    first = made.step("submit")
    first["files"] = ["request_letter"]
    first["input"] = {**first["input"], "prepared": "none"}
    made.walker.take(first, made.walker.open_task(first, made.request_id))
    made.to("exists")
    made.take("exists", outcome="absent", runtime="static", database="none")
    steps = (
        {"step": "analyse", "as": made.applicant, "files": ["website_data", "kak"], "input": ANALYSIS},
        {"step": "make", "as": OFFICER, "files": ["application", "manual", "documentation"], "input": {}},
    )
    for step in steps:
        made.walker.take(step, made.walker.open_task(step, made.request_id))
    assert made.to_end()["state"] == "done"
    assert served(deployment, made.name).text == "<h1>dibuat</h1>"
    assert [task["step_number"] for task in made.request()["tasks"]] == [str(number) for number in range(1, 12)]


def test_an_update_is_switched_at_once_under_the_eyes_of_visitors(deployment: Deployment) -> None:
    site = static(deployment, "lama")
    update = update_of(deployment, site, release("diperbarui"))
    with visitors(deployment, site.name) as seen:
        update.take("install")
        count = len(seen)
        update.wait(lambda: len(seen) > count + 10, "visitors to read on")
    assert set(seen) == {"lama", "diperbarui"}
    assert served(deployment, site.name).text == "<h1>diperbarui</h1>"
    assert update.to_end()["state"] == "done"
    assert len(rows(deployment, "tapak.names", site.name)) == 1
    assert [line["work"] for line in rows(deployment, "tarakan.website_configuration", site.name)] == [
        "updated",
        "created",
    ]


def failed(update: Case) -> str:
    """Why the release failed."""
    row = update.resources()["release"]
    return str(row["reason"]) if row["state"] == "failed" else ""


@pytest.fixture
def refused(deployment: Deployment) -> tuple[Case, Case]:
    """A website that says "lama", and an update whose front page is broken, as it was refused."""
    site = static(deployment, "lama")
    update = update_of(deployment, site, packed(index__php="<?php throw new Exception('rusak');"), "php")
    update.begin()
    update.wait(lambda: failed(update), "the release to be refused")
    return site, update


def test_an_update_that_fails_is_switched_back_and_told_and_mended(
    deployment: Deployment, refused: tuple[Case, Case]
) -> None:
    site, update = refused
    assert served(deployment, site.name).text == "<h1>lama</h1>"
    assert site.name in failed(update)
    with pytest.raises(WalkProblem, match="Rilis aplikasi"):
        step = {**update.step("install"), "wait": ""}
        update.walker.take(step, update.walker.open_task(step, update.request_id))
    update.walker.script = replace(update.walker.script, archives={"application": release("mulus")})
    update.walker.upload(OFFICER, update.task()["id"], "application")
    update.retry()
    assert update.to_end()["state"] == "done"
    assert served(deployment, site.name).text == "<h1>mulus</h1>"


def test_an_update_that_is_withdrawn_leaves_the_website_as_it_was(
    deployment: Deployment, refused: tuple[Case, Case]
) -> None:
    site, update = refused
    told = {"reason": "Tidak jadi dimutakhirkan"}
    update.walker.call(update.applicant, "POST", f"/requests/{update.request_id}/withdraw", told)
    site.wait(lambda: {row["state"] for row in site.resources().values()} == {"live"}, "the website to be as it was")
    assert served(deployment, site.name).text == "<h1>lama</h1>"
    again = update_of(deployment, site, release("baru"))
    again.to_end()
    assert served(deployment, site.name).text == "<h1>baru</h1>"
