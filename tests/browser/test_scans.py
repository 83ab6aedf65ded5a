"""The page of a run, at a desk and on a phone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tapak.db.session import Database
from tapak.demo.servers.process import wait_until
from tapak.documents.models import Document
from tapak.documents.store import DocumentStore
from tapak.requests.models import Request
from tapak.scanning import service
from tapak.tenants.models import Tenant
from tapak.testing.archives import EICAR, zip_of
from tapak.testing.browser import DESK, PHONE, Visitor
from tapak.testing.deployment import Deployment

FILES = {
    "app/index.php": b"<?php echo 'Halo';",
    "app/uploads/x.php": b"<?php\n\n@eval($_POST['x']);",
    "app/.env": b"APP_NAME=x\nDB_PASSWORD=Rahasia123\n",
    "app/eicar.com": EICAR,
    "app/berita.html": b"<div style='display:none'><a href='https://x.example/slot-gacor'>slot gacor</a></div>",
}


@pytest.fixture
def database(deployment: Deployment) -> Iterator[Database]:
    opened = Database(deployment.stack.environment["TAPAK_DATABASE_URL"], pool_size=1)
    yield opened
    opened.close()


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_page_of_a_run(
    deployment: Deployment,
    database: Database,
    visit: Callable[..., Visitor],
    picture: Callable[[Page, str], None],
    tmp_path_factory: pytest.TempPathFactory,
    width: int,
) -> None:
    case = deployment.case()
    case.start()
    content = zip_of(tmp_path_factory.mktemp("scan") / "a.zip", FILES).read_bytes()
    with database.begin() as session:
        tenant = session.scalars(select(Tenant.id).where(Tenant.slug == case.agency.slug)).one()
    stored = DocumentStore(deployment.stack.home / "documents").write(tenant, io.BytesIO(content), 10**7)
    with database.begin(tenant) as session:
        request = session.get_one(Request, (tenant, case.request_id))
        paper = Document(
            request_id=request.id,
            kind="application",
            filename="aplikasi antrean.zip",
            media_type="application/zip",
            size=stored.size,
            sha256=stored.sha256,
            revision=1,
        )
        session.add(paper)
        session.flush()
        service.ask(session, paper)
        number = paper.id

    def done() -> bool:
        with database.begin(tenant) as session:
            report = service.latest(session, number)
            return report is not None and report.state == "done"

    wait_until(done, 60, "a run")
    visitor = visit(case.applicant, width)
    page = visitor.open(f"/dokumen/{number}/pemeriksaan")
    expect(page.get_by_role("heading", name="Pemeriksaan keamanan")).to_be_visible()
    expect(page.get_by_text("app/uploads/x.php:3").first).to_be_visible()
    assert "Rahasia123" not in page.content()
    assert visitor.barriers() == []
    assert visitor.sideways() == 0
    picture(page, f"scan-{width}")
