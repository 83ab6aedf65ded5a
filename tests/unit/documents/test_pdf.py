"""What a letter says in print, and that nothing in it is ever fetched or run."""

from __future__ import annotations

import base64
import copy
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tapak.documents.library import CORE_LETTERS
from tapak.documents.pdf import PAPERS, Unprintable, to_pdf

SECRET = "a line that only the server's own files hold"
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def shown(content: bytes) -> str:
    return run(["pdftotext", "-layout", "-", "-"], content).decode()


def facts(content: bytes) -> dict[str, str]:
    lines = run(["pdfinfo", "-"], content).decode().splitlines()
    return {name.strip(): told.strip() for name, _, told in (line.partition(":") for line in lines)}


def images(content: bytes) -> int:
    return len(run(["pdfimages", "-list", "-"], content).decode().splitlines()) - 2


def run(command: list[str], content: bytes) -> bytes:
    return subprocess.run(command, input=content, check=True, capture_output=True, timeout=60).stdout


def printed(name: str, /, **changes: Any) -> bytes:
    letter = CORE_LETTERS.letter(name)
    context = {**letter.sample, **changes}
    return to_pdf(CORE_LETTERS.html(name, context), letter.styles, context["letterhead"]["paper"])


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A web server on loopback: its address, and the paths that anybody asked it for."""
    paths: list[str] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_notice_reads_as_an_official_letter() -> None:
    text = shown(printed("tapak/notice"))
    for words in (
        "PEMERINTAH KOTA CONTOH",
        "Nomor : 000.8/12/KOMINFO/2026 Contoh, 20 November 2026",
        "Sifat : Biasa",
        "Hal : Persetujuan permohonan",
        "Yth. Kepala Dinas Kesehatan",
        "dengan hormat disampaikan",
        "dinyatakan disetujui.",
        "a.n. Kepala Dinas,",
        "NIP 19800101 200501 1 999",
        "Tembusan: 1. Kepala Dinas (sebagai laporan)",
    ):
        assert words in " ".join(text.split())


def test_a_return_lists_reasons_and_fields() -> None:
    text = shown(
        printed(
            "tapak/notice",
            decision="return",
            decision_label="dikembalikan",
            reasons=["Alamat IP publik tidak tersedia", "Surat belum ditandatangani"],
            fields=["Alamat server"],
            explanation="Gunakan server web bersama.",
        )
    )
    words = " ".join(text.split())
    assert "dinyatakan dikembalikan dengan alasan: a. Alamat IP publik tidak tersedia b. Surat belum" in words
    assert "perlu diperbaiki: a. Alamat server" in words
    assert "203.0.113.10" not in words


@pytest.mark.parametrize(("acting", "line"), [("Plt.", "Plt. Kepala Dinas,"), ("", "Kepala Dinas,")])
def test_who_acts_for_whom_is_told(acting: str, line: str) -> None:
    signer = {"title": "Kepala Dinas", "acting": acting, "on_behalf_of": "", "name": "Nama", "nip": ""}
    words = " ".join(shown(printed("tapak/notice", signer=signer)).split())
    assert line in words
    assert "a.n." not in words
    assert "NIP" not in words
    assert "Tembusan" not in words


def test_a_disposition_sheet_has_its_fields_and_ticks() -> None:
    words = " ".join(shown(printed("tapak/disposition_sheet")).split())
    for label in ("Surat dari", "No. surat", "Tgl. surat", "Diterima tgl.", "No. agenda", "Sifat", "Hal", "Paraf"):
        assert label in words
    assert "Diteruskan kepada Sdr.:" in words
    assert "Dengan hormat harap:" in words
    assert words.count("✓") == 4
    assert "Tanggal: 19 November 2026" in words


def test_an_empty_disposition_sheet_is_for_the_pen() -> None:
    sample = copy.deepcopy(dict(CORE_LETTERS.letter("tapak/disposition_sheet").sample))
    unticked = {
        name: [{**tick, "ticked": False} for tick in sample[name]]
        for name in ("nature", "forwarded_to", "instructions")
    }
    empty = {"filled": False, "note": "", "disposed_on": "", "disposed_by": ""}
    words = " ".join(shown(printed("tapak/disposition_sheet", **unticked, **empty)).split())
    assert "✓" not in words
    assert "Tanggal: ……" in words


@pytest.mark.parametrize(("paper", "size"), [("A4", "595.276 x 841.89"), ("F4", "609.449 x 935.433")])
def test_the_paper_is_the_tenants(paper: str, size: str) -> None:
    letterhead = {**CORE_LETTERS.letter("tapak/notice").sample["letterhead"], "paper": paper}
    assert facts(printed("tapak/notice", letterhead=letterhead))["Page size"].startswith(size)


@pytest.mark.parametrize("name", CORE_LETTERS.names())
def test_the_same_letter_gives_the_same_bytes(name: str) -> None:
    first, second = printed(name), printed(name)
    assert first == second


def test_a_letter_is_a_tagged_archive_file_that_tells_what_it_is() -> None:
    content = printed("tapak/notice")
    told = facts(content)
    assert told["Title"] == "Persetujuan permohonan"
    assert told["Tagged"] == "yes"
    assert told["JavaScript"] == "no"
    described = "".join(run(["pdfinfo", "-meta", "-"], content).decode().split())
    assert 'pdfaid:part="2"' in described
    assert 'pdfaid:conformance="A"' in described
    fonts = run(["pdffonts", "-"], content).decode().splitlines()[2:]
    assert fonts
    assert {line.split()[-5] for line in fonts} == {"yes"}


def test_a_logo_is_printed() -> None:
    letterhead = {**CORE_LETTERS.letter("tapak/notice").sample["letterhead"], "logo": PIXEL}
    assert images(printed("tapak/notice", letterhead=letterhead)) > 0


def test_a_logo_is_no_way_out(tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    picture = tmp_path / "picture.png"
    picture.write_bytes(base64.b64decode(PIXEL.partition(",")[2]))
    for url in (f"{address}/logo.png", f"file://{picture}"):
        letterhead = {**CORE_LETTERS.letter("tapak/notice").sample["letterhead"], "logo": url}
        assert images(printed("tapak/notice", letterhead=letterhead)) <= 0
    assert paths == []


HOSTILE = (
    "{{ 7*7 }} {% include 'tapak/base/letter.css' %}",
    "<script>alert(1)</script><b>tebal</b>",
    "</style></title></body><h1>judul palsu</h1>",
    "'\"><img src=x onerror=alert(1)>",
    "@page { size: 10mm } * { display: none }",
    "{secret}",
    "{web}",
)


def fill(value: Any, text: str) -> Any:
    """``value`` with every text in it replaced, its shape kept."""
    if isinstance(value, str):
        return text
    if isinstance(value, Mapping):
        return {key: fill(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, text) for item in value]
    return value


@pytest.mark.parametrize("name", CORE_LETTERS.names())
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_as_text_and_fetches_nothing(
    name: str, hostile: str, tmp_path: Path, asked: tuple[str, list[str]]
) -> None:
    address, paths = asked
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    text = {
        "{secret}": f'<img src="file://{secret}"><link rel=attachment href="file://{secret}">',
        "{web}": f'<link rel=stylesheet href="{address}/a.css"><img src="{address}/b.png">url({address}/c)',
    }.get(hostile, hostile)
    content = printed(name, **fill(dict(CORE_LETTERS.letter(name).sample), text))
    assert "".join(text.split())[:12].lower() in "".join(shown(content).split()).lower()
    assert SECRET not in shown(content)
    assert b"EmbeddedFile" not in content
    assert paths == []


@pytest.mark.parametrize(
    "html",
    [
        '<img src="{url}">',
        '<link rel=stylesheet href="{url}">',
        '<link rel=attachment href="{url}">',
        '<a rel=attachment href="{url}">a</a>',
        "<style>@import url({url})</style>",
        "<style>@font-face {{ font-family: f; src: url({url}) }} p {{ font-family: f }}</style>",
        '<p style="background: url({url})">b</p>',
        '<object data="{url}"></object><embed src="{url}">',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/><use href="{url}#a"/></svg>',
        '<base href="{url}"><img src="relative.png">',
    ],
)
def test_even_real_markup_fetches_nothing(html: str, tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    for url in (f"{address}/x", f"file://{secret}"):
        content = to_pdf(f"<html lang=id><title>t</title><p>isi</p>{html.format(url=url)}", ())
        assert SECRET.encode() not in content
        assert b"EmbeddedFile" not in content
        assert images(content) <= 0
    assert paths == []


def test_a_picture_within_data_fetches_nothing_either(asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    svg = f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{address}/inner'/></svg>"
    to_pdf(f'<html lang=id><title>t</title><img src="data:image/svg+xml,{svg}">', ())
    assert paths == []


def test_an_unknown_paper_is_a4() -> None:
    assert PAPERS["A4"] == "210mm 297mm"
    content = to_pdf("<html lang=id><title>t</title><p>isi</p>", (), "1mm 1mm } * { display: none")
    assert facts(content)["Page size"].startswith("595.276 x 841.89")
    assert "isi" in shown(content)


def test_a_layout_that_breaks_the_renderer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weasyprint.HTML.write_pdf", lambda *_args, **_named: 1 / 0)
    with pytest.raises(Unprintable) as raised:
        to_pdf("<p>isi</p>", ())
    assert "ZeroDivisionError" in raised.value.log
    assert "ZeroDivisionError" not in raised.value.message


def test_what_prints_nothing_starts_without_the_printer() -> None:
    code = "import sys, tapak.__main__, tapak.jobs.worker; print('weasyprint' in sys.modules)"
    assert run([sys.executable, "-c", code], b"") == b"False\n"
