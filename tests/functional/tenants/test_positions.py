"""Who acts for a position on a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from tapak.accounts.models import Account
from tapak.db.session import Database
from tapak.tenants.models import Position, Tenant
from tapak.tenants.positions import held_by, holders, seats, substitute

Hold = Callable[..., Account]
NEW_YEAR, LEAVE, BACK, LAST = date(2026, 1, 1), date(2026, 12, 24), date(2026, 12, 31), date(2027, 3, 31)


def acting(session: Session, on: date) -> dict[str, tuple[str, str]]:
    return {key: (holder.name, holder.label) for key, holder in holders(session, on).items()}


def test_a_plh_acts_instead_while_it_lasts(session: Session, kadis: Position, hold: Hold) -> None:
    own = hold(kadis, "own", NEW_YEAR)
    daily = hold(kadis, "daily", LEAVE, date(2026, 12, 30), "acting_daily")
    assert acting(session, date(2026, 12, 23)) == {"kadis": ("own", "Kepala Dinas")}
    for day in (LEAVE, date(2026, 12, 30)):
        assert acting(session, day) == {"kadis": ("daily", "Plh. Kepala Dinas")}
        assert held_by(own.id, seats(session, day)) == ()
        assert [holder.key for holder in held_by(daily.id, seats(session, day))] == ["kadis"]
    assert acting(session, BACK) == {"kadis": ("own", "Kepala Dinas")}
    assert held_by(daily.id, seats(session, BACK)) == ()


def test_a_plt_stands_where_there_is_no_definitive_one(session: Session, kadis: Position, hold: Hold) -> None:
    hold(kadis, "former", NEW_YEAR, date(2026, 6, 30))
    hold(kadis, "interim", date(2026, 6, 1), LAST, "acting_vacant")
    hold(kadis, "next", BACK)
    assert acting(session, date(2026, 6, 30)) == {"kadis": ("former", "Kepala Dinas")}
    assert acting(session, date(2026, 7, 1)) == {"kadis": ("interim", "Plt. Kepala Dinas")}
    assert acting(session, BACK) == {"kadis": ("next", "Kepala Dinas")}


def test_of_several_the_one_appointed_last_acts(session: Session, kadis: Position, hold: Hold) -> None:
    hold(kadis, "first", NEW_YEAR)
    hold(kadis, "second", LEAVE)
    assert acting(session, LEAVE)["kadis"][0] == "second"


def test_an_account_that_is_switched_off_holds_nothing(session: Session, kadis: Position, hold: Hold) -> None:
    hold(kadis, "own", NEW_YEAR).active = False
    session.flush()
    assert holders(session, LEAVE) == {}


def test_substitutes_follow_each_other_and_never_run_in_circles(
    session: Session, kadis: Position, kabid: Position, hold: Hold
) -> None:
    own, other = hold(kadis, "own", NEW_YEAR), hold(kabid, "other", NEW_YEAR)
    assert substitute(session, kadis.id, LEAVE, lambda _: False) is None
    kadis.substitute_id, kabid.substitute_id = kabid.id, kadis.id
    session.flush()
    found = substitute(session, kadis.id, LEAVE, lambda holder: holder.account_id == own.id)
    assert found is not None
    assert found.account_id == other.id
    assert substitute(session, kadis.id, LEAVE, lambda _: True) is None


def test_another_tenants_holders_are_not_seen(
    session: Session, kadis: Position, hold: Hold, database: Database, other_tenant: Tenant
) -> None:
    hold(kadis, "own", NEW_YEAR)
    session.commit()
    with database.begin(other_tenant.id) as theirs:
        assert holders(theirs, LEAVE) == {}
