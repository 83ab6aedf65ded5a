"""What a unit, or an officer for it, changes at a running service: keys of its account, and which release is live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.db.wake import wake
from tapak.panel import service as panel
from tapak.panel import switches
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
    """Let another release that lies at the host be live; once it is, the register of changes tells who wanted it.

    Raises:
        NotFound: there is no such service.
        Forbidden: the person may not; a request is needed.
        Conflict: that release isn't kept at the host, is the wanted one or was refused; the service is suspended, or
            a request works on it.
    """
    service = panel.find(desk, service_id, "service.read")
    if not panel.may_switch(desk, service):
        require(desk.somebody, "service.read", panel.subject(service))
        raise Forbidden(
            "Unit tidak dapat mengganti rilis sendiri di sini. Ajukan permohonan, atau hubungi Diskominfo.",
            log=f"service {service_id}: units don't switch releases",
        )
    wake(desk.session, provisioning.WAKE, service.id)  # the first lock of the order
    desk.session.refresh(service, with_for_update=True)
    shown = panel.panel(desk, service_id)
    if shown.held:
        raise Conflict(shown.held, log=f"service {service.id} is suspended, or a request works on it")
    row = shown.release
    if row is None or row.spec is None or sha256 not in shown.switchable:
        raise Conflict("Rilis ini tidak dapat diaktifkan. Muat ulang halaman.", log=f"{sha256} can't be switched to")
    before = row.spec["sha256"]

    def switched(spec: Spec) -> Spec:
        assert isinstance(spec, Release)
        return replace(spec, sha256=sha256)

    provisioning.alter(desk.session, service.id, row.key, switched)
    panel.ask(desk, service.id, in_seconds=SETTLES)
    switches.begin(desk, shown, row, before, sha256)


def _is_key(line: str) -> bool:
    return line.isprintable() and KEY.fullmatch(line) is not None
