"""What a unit, or an officer for it, changes at a running service: keys of its account, and which release is live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.panel import service as panel
from tapak.provisioning import service as provisioning
from tapak.requests.desk import Desk
from tapak.sdk.errors import Conflict, Forbidden, Invalid
from tapak.sdk.resources import Account, Release, Spec

MOST_KEYS = 10
KEY = re.compile(
    r"(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/]{40,2000}={0,3}"
    r"(?: .{0,200})?"
)
SETTLES = 3.0
"""Seconds until a change shows in a look."""


def set_keys(desk: Desk, service_id: int, resource_id: int, keys: Sequence[str]) -> None:
    """Let exactly ``keys`` (lines as OpenSSH writes them) log in to the account.

    Raises:
        NotFound: there is no such service or account.
        Forbidden: the person isn't of the service's unit.
        Invalid: a line is no public key.
    """
    service = panel.find(desk, service_id, "service.unlock")
    row = panel.resource(desk, service, resource_id, Account.kind)
    wanted = [key.strip() for key in keys if key.strip()]
    wrong = [f"Baris {number} bukan kunci publik OpenSSH." for number, key in enumerate(wanted, 1) if not _is_key(key)]
    if len(wanted) > MOST_KEYS:
        wrong.append(f"Paling banyak {MOST_KEYS} kunci.")
    if wrong:
        raise Invalid(" ".join(wrong), log=f"keys of account {row.id}", fields={"keys": wrong})

    def keyed(spec: Spec) -> Spec:
        assert isinstance(spec, Account)
        return replace(spec, keys=tuple(wanted))

    provisioning.alter(desk.session, service.id, row.key, keyed)
    told = f"Kunci SFTP {row.identity} diganti ({len(wanted)} kunci)"
    record(desk.session, "service.keys_set", person=desk.somebody, request_id=service.request_id, summary=told)


def switch(desk: Desk, service_id: int, sha256: str) -> None:
    """Let another release that lies at the host be live.

    Raises:
        NotFound: there is no such service.
        Forbidden: the person may not; a request is needed.
        Conflict: that release isn't kept at the host, or is live already.
    """
    service = panel.find(desk, service_id, "service.read")
    if not panel.may_switch(desk, service):
        require(desk.somebody, "service.read", panel.subject(service))
        raise Forbidden(
            "Unit tidak dapat mengganti rilis sendiri di sini. Ajukan permohonan, atau hubungi Diskominfo.",
            log=f"service {service_id}: units don't switch releases",
        )
    shown = panel.panel(desk, service_id)
    row, kept = shown.release, [each for site in shown.sites.values() for each in site["releases"]]
    if row is None or not any(each["sha256"] == sha256 and not each["live"] for each in kept):
        raise Conflict("Rilis ini tidak tersimpan di server. Muat ulang halaman.", log=f"{sha256} isn't kept")

    def switched(spec: Spec) -> Spec:
        assert isinstance(spec, Release)
        return replace(spec, sha256=sha256)

    provisioning.alter(desk.session, service.id, row.key, switched)
    panel.ask(desk, service.id, in_seconds=SETTLES)
    told = f"Rilis {row.identity} diganti ke {sha256[:12]}"
    record(desk.session, "service.release_switched", person=desk.somebody, request_id=service.request_id, summary=told)


def _is_key(line: str) -> bool:
    return line.isprintable() and KEY.fullmatch(line) is not None
