"""The agency's own certificates: uploaded with a check that tells in words what is wrong, listed, watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.certificates.own import OwnCertificate, OwnCertificateSettings
from tapak.provisioning.connections import save_connection
from tapak.provisioning.models import Connection, Resource
from tapak.provisioning.renewing import renew
from tapak.requests.desk import Desk
from tapak.sdk.certificates import Certificate
from tapak.sdk.errors import Invalid, flat_messages
from tapak.sdk.x509 import CertificateFacts, Pair, covers, problems
from tapak.tenants.models import Zone

TOLD_NAMES = 5
WARNED = timedelta(days=21)
"""How long before its end a certificate needs somebody's attention: well after a renewal should have come."""


@dataclass(frozen=True)
class Uploaded:
    """An own certificate: its connection's key, what it says of itself, how many use it, and whether it ends soon."""

    key: str
    facts: CertificateFacts
    sites: int
    ends_soon: bool


def upload(desk: Desk, given: Mapping[str, Any]) -> Uploaded:
    """Check ``given`` (chain, key, roots: PEM) and use it from now on, also at every site that used the one before.

    It takes the place of the own certificate that has a name in common with it. The key is sealed and never shown.
    Whoever calls it has asked the policy (``certificate.upload``), or is an operator on the command line.

    Raises:
        Invalid: it can't be used; ``fields`` say why, in words.
    """
    pair, roots = _read(given)
    _refuse(problems(pair, (), desk.now, roots))
    facts = pair.facts
    _refuse(_names_problem(desk, facts))
    before = _before(desk, facts)
    _refuse(_left_out(desk, before, facts))
    key = before.key if before is not None else _free_key(desk)
    made = save_connection(
        desk.session,
        desk.tenant,
        desk.registry,
        key=key,
        provider=OwnCertificate.name,
        title=f"{OwnCertificate.title}: {facts.names[0]}",
        settings={"chain": pair.chain, "key": pair.key, "roots": roots},
    )
    using = _using(desk, made)
    renew(desk.session, using)
    told = f"Sertifikat untuk {', '.join(facts.names[:TOLD_NAMES])} diunggah; berlaku sampai {facts.not_after:%d-%m-%Y}"
    content = {"connection": key, "fingerprint": facts.fingerprint, "names": list(facts.names)}
    record(desk.session, "certificate.uploaded", person=desk.person, summary=told, content=content)
    return Uploaded(key, facts, len(using), _soon(facts, desk.now))


def upload_as_admin(desk: Desk, given: Mapping[str, Any]) -> Uploaded:
    """:func:`upload` by a person.

    Raises:
        Forbidden: who isn't an admin.
        Invalid: as for :func:`upload`.
    """
    require(desk.somebody, "certificate.upload")
    return upload(desk, given)


def uploaded(desk: Desk) -> list[Uploaded]:
    """The own certificates, in the order in which they were uploaded first."""
    return [
        Uploaded(each.key, _facts(each), len(_using(desk, each)), _soon(_facts(each), desk.now)) for each in _own(desk)
    ]


def _read(given: Mapping[str, Any]) -> tuple[Pair, str]:
    try:
        loaded = OwnCertificateSettings().load({name: value for name, value in given.items() if value != ""})
    except ValidationError as problem:
        raise Invalid(
            "Sertifikat dan kunci pribadinya harus diisi.",
            log="incomplete certificate",
            fields=flat_messages(problem.normalized_messages()),
        ) from None
    chain, key = (str(loaded[name]).replace("\r\n", "\n").strip() + "\n" for name in ("chain", "key"))
    return Pair(chain, key), str(loaded["roots"]).replace("\r\n", "\n")


def _refuse(found: Sequence[str]) -> None:
    if not found:
        return
    of_key = [each for each in found if each.startswith("Kunci")]
    of_chain = [each for each in found if each not in of_key]
    fields = {name: told for name, told in (("chain", of_chain), ("key", of_key)) if told}
    raise Invalid("Sertifikat ini tidak dapat dipakai.", log="refused certificate", fields=fields)


def _names_problem(desk: Desk, facts: CertificateFacts) -> list[str]:
    zones = list(desk.session.scalars(select(Zone.name).order_by(Zone.name)))
    plain = [name.removeprefix("*.") for name in facts.names]
    if any(name == zone or name.endswith(f".{zone}") for name in plain for zone in zones):
        return []
    told = ", ".join(facts.names[:TOLD_NAMES])
    return [f"Sertifikat ini untuk {told}; tidak ada yang berada pada domain instansi ({', '.join(zones)})."]


def _left_out(desk: Desk, before: Connection | None, facts: CertificateFacts) -> list[str]:
    if before is None:
        return []
    using = select(Resource.spec).where(Resource.id.in_(_using(desk, before)))
    names = [spec["name"] for spec in desk.session.scalars(using) if spec and not covers(facts.names, spec["name"])]
    if not names:
        return []
    told = ", ".join(sorted(names)[:TOLD_NAMES])
    return [f"Sertifikat ini tidak berlaku untuk {len(names)} situs yang memakai yang lama: {told}."]


def _own(desk: Desk) -> Sequence[Connection]:
    query = select(Connection).where(Connection.provider == OwnCertificate.name)
    return desk.session.scalars(query.order_by(Connection.id)).all()


def _before(desk: Desk, facts: CertificateFacts) -> Connection | None:
    return next((each for each in _own(desk) if set(_facts(each).names) & set(facts.names)), None)


def _free_key(desk: Desk) -> str:
    taken = set(desk.session.scalars(select(Connection.key)))
    return next(key for number in range(1, len(taken) + 2) if (key := f"certificate_{number}") not in taken)


def _using(desk: Desk, connection: Connection) -> list[int]:
    mine = Resource.connection_id == connection.id, Resource.kind == Certificate.kind, Resource.spec.is_not(None)
    return list(desk.session.scalars(select(Resource.id).where(*mine).order_by(Resource.id)))


def _facts(connection: Connection) -> CertificateFacts:
    return Pair(connection.settings["chain"], "").facts


def _soon(facts: CertificateFacts, now: datetime) -> bool:
    return facts.not_after - now < WARNED
