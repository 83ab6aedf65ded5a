"""The agent as the provider sees it: verbs in, plain values or the sdk's errors out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tapak.sdk.errors import (
    ChangedMeanwhile,
    ForeignResource,
    ProviderBroken,
    ProviderDenied,
    ProviderError,
    ProviderUnavailable,
    StaleFence,
)
from tapak_webhost.agent import protocol
from tapak_webhost.channel import Channel, ChannelDown, ChannelRubbish
from tapak_webhost.refusals import refusal, standing


class ArchiveMissing(ProviderUnavailable):
    """The agent wants an archive sent before it can go on."""


_ERRORS: Mapping[str, tuple[type[ProviderError], str]] = {
    protocol.BAD_CONFIG: (ProviderBroken, "Konfigurasi agen di server web bermasalah: {message}."),
    protocol.INVALID_NAME: (ProviderError, "Nama situs ini tidak dapat dipakai di server web."),
    protocol.INVALID_SPEC: (ProviderError, "Isian situs tidak dapat dipakai di server web: {message}."),
    protocol.FOREIGN: (
        ForeignResource,
        "Di server web sudah ada {name} yang tidak dibuat lewat layanan ini. Isinya dibiarkan; tanyakan pemiliknya.",
    ),
    protocol.CHANGED_MEANWHILE: (ChangedMeanwhile, "Situs di server web berubah sejak terakhir dibaca; dibaca ulang."),
    protocol.STALE_FENCE: (StaleFence, "Pekerjaan lama ditolak: situs ini sudah ditangani pekerjaan yang lebih baru."),
    protocol.SERVER_DOWN: (ProviderUnavailable, "Server web tidak berjalan. Jalankan dahulu, lalu coba lagi."),
    protocol.SERVER_BROKEN: (
        ProviderBroken,
        "Konfigurasi server web sudah rusak sebelum perubahan ini{where}. Perbaiki dahulu; tidak ada yang diubah.",
    ),
    protocol.DIRECTIVE_REFUSED: (
        ProviderBroken,
        "Server web menolak konfigurasi situs ini{where}. Keadaan semula sudah dikembalikan.",
    ),
    protocol.RELOAD_UNPROVED: (
        ProviderBroken,
        "Server web tidak memuat konfigurasi baru. Keadaan semula dikembalikan; periksa log server web.",
    ),
    protocol.DISK_FULL: (ProviderUnavailable, "Ruang penyimpanan di server web habis; tidak ada yang diubah."),
    protocol.NO_PERMISSION: (ProviderDenied, "Agen di server web tidak berhak menulis: {message}."),
    protocol.ARCHIVE_MISSING: (ArchiveMissing, "Arsip aplikasi belum ada di server web; dikirim lagi."),
    protocol.ARCHIVE_REFUSED: (
        ProviderError,
        "Arsip aplikasi tidak dapat dipasang: {reason}.{standing} Perbaiki arsipnya, lalu kirim lagi.",
    ),
    protocol.RELEASE_REFUSED: (
        ProviderError,
        "Dengan rilis ini {name} menjawab HTTP {status}; yang semula sudah dikembalikan.{standing} Unit: "
        "periksa log galat situs, perbaiki aplikasinya, lalu kirim arsip baru.",
    ),
    protocol.NO_SITE: (ProviderError, "Situs {name} belum ada di server web."),
    protocol.NO_ACCOUNT: (ProviderError, "Akun SFTP {name} belum ada di server web."),
    protocol.RUNTIME_BROKEN: (
        ProviderBroken,
        "PHP situs ini tidak dapat dijalankan di server web: {message}. Keadaan semula sudah dikembalikan.",
    ),
    protocol.UNSUPPORTED: (ProviderError, "Server web ini tidak menyediakan yang diminta: {message}."),
    protocol.UPSTREAM_REFUSED: (
        ProviderError,
        "Server web ini tidak meneruskan situs ke {upstream}. Pengelola server menentukan jaringan yang boleh, di "
        "[proxy] pada konfigurasi agen.",
    ),
    protocol.BUSY: (ProviderUnavailable, "Server web sedang dikerjakan proses lain; dicoba lagi."),
}
_UNKNOWN = (ProviderBroken, "Agen di server web gagal ({code}). Periksa log agen.")


class AgentClient:
    """Speaks with one agent over ``channel``; a new agent is greeted first, so that the protocol is known to fit."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._id = 0
        self.greeting: Mapping[str, Any] = {}

    def ask(self, verb: str, fields: Mapping[str, Any], *, timeout: float) -> dict[str, Any]:
        """The result of ``verb``, within ``timeout`` seconds.

        Raises:
            ProviderError: the agent refused or failed, can't be reached, or isn't one of ours.
        """
        if self._channel.fresh:
            self.greeting = self._exchange("hello", {}, timeout)
            if self.greeting.get("protocol") != protocol.PROTOCOL:
                raise ProviderBroken(
                    "Versi agen di server web tidak cocok. Perbarui paket tapak-webhost di sana.",
                    log=f"agent speaks protocol {self.greeting.get('protocol')!r}, not {protocol.PROTOCOL}",
                )
        return self._exchange(verb, fields, timeout)

    def close(self) -> None:
        """End the agent."""
        self._channel.close()

    def _exchange(self, verb: str, fields: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        self._id += 1
        request = protocol.encode({"id": self._id, "verb": verb, **fields})
        try:
            answer = self._answer(self._channel.exchange(request, timeout))
        except ChannelDown as error:
            raise ProviderUnavailable(
                "Agen di server web tidak menjawab; dicoba lagi.", log=f"{verb}: {error}"
            ) from None
        except (ChannelRubbish, ValueError, RecursionError) as error:
            self.close()
            raise ProviderBroken(
                "Jawaban agen di server web tidak dapat dibaca. Periksa perintah agen.", log=f"{verb}: {error}"
            ) from None
        if not answer["ok"]:
            raise _error(answer["error"], str(fields.get("name", "")))
        return dict(answer["result"])

    def _answer(self, line: bytes) -> dict[str, Any]:
        answer = json.loads(line)
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise ValueError(f"not an answer: {line[:80]!r}")
        body = answer.get("result" if answer["ok"] else "error")
        # An agent that can't read its settings answers before it was asked.
        if not isinstance(body, dict) or (answer.get("id") != self._id and (answer["ok"] or answer.get("id"))):
            raise ValueError(f"not the answer to request {self._id}: {line[:80]!r}")
        return answer


def _error(told: Mapping[str, Any], name: str) -> ProviderError:
    code, message = str(told.get("code")), str(told.get("message"))
    details = told.get("details") or {}
    kind, words = _ERRORS.get(code, _UNKNOWN)
    where = f" ({details['file']} baris {details['line']}: {details.get('reason', '')})" if "file" in details else ""
    told = {"message": message, "name": name or "sesuatu", "where": where, "code": code}
    told["upstream"] = details.get("upstream", "?")
    told |= {"status": details.get("status", "?"), "reason": refusal(details), "standing": standing(details)}
    return kind(words.format(**told), log=f"{code}: {message}")
