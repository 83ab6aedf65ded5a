"""Who may do what: every action, for every kind of person, on every kind of subject."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from tapak.accounts.models import Account
from tapak.accounts.policy import (
    ACTIONS,
    BookSubject,
    Held,
    Person,
    RequestSubject,
    Subject,
    TaskSubject,
    has_part,
    may,
    person_of,
    require,
    stand_in,
)
from tapak.db.session import Database
from tapak.sdk.errors import Forbidden, NotFound, SignInNeeded
from tapak.tenants.models import Agency, Position, PositionHolder, Tenant

DINKES, DISHUB = 1, 2
KADIS, KABID, SEKRETARIS = 11, 12, 13
NIP = "19700101 199501 1 001"


def held(position: int, kind: str = "definitive") -> tuple[Held, ...]:
    return (Held(position, str(position), f"Jabatan {position}", kind),)


def person(number: int, agency: int | None = None, positions: tuple[Held, ...] = (), **more: object) -> Person:
    return Person(number, f"Orang {number}", "", str(more.get("nip", "")), agency, bool(more.get("admin")), positions)


PEOPLE = {
    "applicant": person(1, DINKES),
    "colleague": person(2, DINKES),
    "stranger": person(3, DISHUB),
    "kabid": person(4, positions=held(KABID)),
    "kadis": person(5, positions=held(KADIS)),
    "sekretaris": person(6, positions=held(SEKRETARIS)),
    "admin": person(7, admin=True),
    "nobody": person(8),
}
REQUEST = RequestSubject(DINKES, 1)
DRAFT = RequestSubject(DINKES, 1, draft=True)
OWN_TASK = TaskSubject(REQUEST, agency_id=DINKES)
TASK = TaskSubject(REQUEST, position_id=KABID)
DECISION = TaskSubject(REQUEST, position_id=KABID, decides=True)
ESCALATED = TaskSubject(REQUEST, position_id=KABID, escalated_to=KADIS, decides=True)
BOOK = BookSubject(writers=frozenset({str(KABID)}), readers=frozenset({str(KADIS)}))
STAFF = {"kabid", "kadis", "sekretaris"}
INSIDE = {"applicant", "colleague"}
READERS = INSIDE | STAFF | {"admin"}

# action, subject, who may, whom it is Forbidden to; it is NotFound for everybody else.
TABLE: list[tuple[str, Subject, set[str], set[str]]] = [
    ("request.start", None, INSIDE | {"stranger"}, STAFF | {"admin", "nobody"}),
    ("request.read", REQUEST, READERS, set()),
    ("request.read", DRAFT, INSIDE, set()),
    ("request.edit", REQUEST, {"applicant"}, READERS - {"applicant"}),
    ("request.edit", DRAFT, {"applicant"}, {"colleague"}),
    ("request.withdraw", REQUEST, INSIDE, STAFF | {"admin"}),
    ("request.withdraw", DRAFT, INSIDE, set()),
    ("request.cancel", REQUEST, STAFF, INSIDE | {"admin"}),
    ("request.move", REQUEST, {"admin"}, STAFF | INSIDE),
    ("request.link", REQUEST, INSIDE | STAFF, {"admin"}),
    ("request.link", DRAFT, INSIDE, set()),
    ("procedure.oversee", None, {"admin"}, set(PEOPLE) - {"admin"}),
    ("task.read", OWN_TASK, READERS, set()),
    ("task.read", TASK, STAFF | {"admin"}, set()),
    ("task.act", OWN_TASK, INSIDE, STAFF | {"admin"}),
    ("task.act", TASK, {"kabid"}, {"kadis", "sekretaris", "admin"}),
    ("task.act", DECISION, {"kabid"}, {"kadis", "sekretaris", "admin"}),
    ("task.act", ESCALATED, {"kabid", "kadis"}, {"sekretaris", "admin"}),
    ("document.read", REQUEST, READERS, set()),
    ("document.read", DRAFT, INSIDE, set()),
    ("agenda.read", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("register.read", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("register.import", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("register.write", BOOK, {"kabid"}, set(PEOPLE) - {"kabid"}),
    ("register.unseal", BOOK, {"kadis"}, set(PEOPLE) - {"kadis"}),
    ("report.read", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("maintenance.read", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("maintenance.plan", BOOK, {"kabid"}, set(PEOPLE) - {"kabid"}),
    ("maintenance.plan", BookSubject(), STAFF, set(PEOPLE) - STAFF),
    ("zone.names", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("connection.manage", None, {"admin"}, set(PEOPLE) - {"admin"}),
    ("settings.manage", None, {"admin"}, set(PEOPLE) - {"admin"}),
    ("certificate.read", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("certificate.upload", None, {"admin"}, set(PEOPLE) - {"admin"}),
    ("service.repair", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("service.read", REQUEST, READERS, set()),
    ("service.unlock", REQUEST, INSIDE, READERS - INSIDE),
    ("service.renew", REQUEST, INSIDE, READERS - INSIDE),
    ("service.change", REQUEST, INSIDE, READERS - INSIDE),
    ("service.emergency", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
    ("service.manage", None, STAFF | {"admin"}, INSIDE | {"stranger", "nobody"}),
]


def answer(who: Person | None, action: str, subject: Subject) -> str:
    try:
        require(who, action, subject)
    except (Forbidden, NotFound, SignInNeeded) as refused:
        return refused.code
    return "may"


@pytest.mark.parametrize(("action", "subject", "allowed", "forbidden"), TABLE)
def test_table(action: str, subject: Subject, allowed: set[str], forbidden: set[str]) -> None:
    found = {name: answer(who, action, subject) for name, who in PEOPLE.items()}
    assert found == {
        name: "may" if name in allowed else "forbidden" if name in forbidden else "not_found" for name in PEOPLE
    }
    assert answer(None, action, subject) == "sign_in_needed"


def test_the_table_has_every_action() -> None:
    assert {row[0] for row in TABLE} == set(ACTIONS)


def test_an_unknown_action_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        require(PEOPLE["admin"], "request.delete")


@pytest.mark.parametrize(
    ("request_", "barred"),
    [
        (RequestSubject(DINKES, 4), True),
        (RequestSubject(DINKES, 1, signer_nip="197001011995011001"), True),
        (RequestSubject(DINKES, 1, signer_nip=NIP), True),
        (RequestSubject(DINKES, 1, signer_nip="197001011995011002"), False),
        (RequestSubject(DINKES, 1, signer_nip=""), False),
        (RequestSubject(DINKES, 1, signer_nip="-"), False),
    ],
)
def test_nobody_decides_on_an_own_request(request_: RequestSubject, barred: bool) -> None:
    kabid = person(4, positions=held(KABID), nip=NIP)
    decision = TaskSubject(request_, position_id=KABID, decides=True)
    assert answer(kabid, "task.act", decision) == ("forbidden" if barred else "may")
    assert answer(kabid, "task.act", TaskSubject(request_, position_id=KABID)) == "may"


def test_someone_without_a_nip_is_not_the_signer() -> None:
    assert not has_part(9, "", RequestSubject(DINKES, 1, signer_nip=""))
    assert not has_part(9, "-", RequestSubject(DINKES, 1, signer_nip="."))


def test_the_substitute_decides_only_where_the_holder_may_not() -> None:
    own = RequestSubject(DINKES, 4)
    named = TaskSubject(
        own, KABID, decides=True, substitute_id=SEKRETARIS, substitute_title="Sekretaris", holder_barred=True
    )
    assert answer(PEOPLE["sekretaris"], "task.act", named) == "may"
    assert answer(PEOPLE["kadis"], "task.act", named) == "forbidden"
    with pytest.raises(Forbidden, match=r"may not task\.act") as refused:
        require(PEOPLE["kabid"], "task.act", named)
    assert "Sekretaris" in refused.value.message
    free = TaskSubject(REQUEST, KABID, decides=True, substitute_id=SEKRETARIS, substitute_title="Sekretaris")
    assert answer(PEOPLE["sekretaris"], "task.act", free) == "forbidden"


def test_without_a_substitute_the_admin_is_asked_for() -> None:
    with pytest.raises(Forbidden) as refused:
        require(PEOPLE["kabid"], "task.act", TaskSubject(RequestSubject(DINKES, 4), KABID, decides=True))
    assert "admin" in refused.value.message


def test_a_substitute_with_a_part_in_it_may_not_either() -> None:
    request = RequestSubject(DINKES, 6)
    decision = TaskSubject(request, KABID, decides=True, substitute_id=SEKRETARIS, holder_barred=True)
    assert not may(PEOPLE["sekretaris"], "task.act", decision)


def test_an_escalated_decision_is_not_for_the_applicant(database: Database) -> None:
    mine = TaskSubject(RequestSubject(DINKES, 5), KABID, escalated_to=KADIS, decides=True)
    assert answer(PEOPLE["kadis"], "task.act", mine) == "forbidden"


def test_a_person_and_a_stand_in_from_the_database(database: Database, tenant: Tenant, account: Account) -> None:
    today = date(2026, 11, 20)
    with database.begin(tenant.id) as session:
        boss = _holder(session, "kadis", today)
        deputy = _holder(session, "sekretaris", today)
        kadis = session.get_one(Position, (tenant.id, boss.positions[0].position_id))
        request = RequestSubject(_agency(session), boss.account_id)
        assert stand_in(session, kadis.id, request, today) is None
        kadis.substitute_id = deputy.positions[0].position_id
        session.flush()
        found = stand_in(session, kadis.id, request, today)
        assert found is not None
        assert found.account_id == deputy.account_id
        assert person_of(session, session.merge(account), today).positions == ()


def _agency(session: Session) -> int:
    agency = Agency(key="dinkes", name="Dinas Kesehatan")
    session.add(agency)
    session.flush()
    return agency.id


def _holder(session: Session, key: str, today: date) -> Person:
    account = Account(email=f"{key}@contoh.example", password="-", name=key, fs_uniquifier=key)
    position = Position(key=key, title=key.title())
    session.add_all([account, position])
    session.flush()
    session.add(PositionHolder(position_id=position.id, account_id=account.id, kind="acting_vacant", valid_from=today))
    session.flush()
    found = person_of(session, account, today)
    assert found.positions[0].label == f"Plt. {key.title()}"
    return found
