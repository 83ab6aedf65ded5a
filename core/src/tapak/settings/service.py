"""Looking at, previewing, changing and undoing settings: one way for pages, REST and the command line.

A change is a row that is never altered. One whose day has come counts from the same transaction; one of a later day
waits as a row of ``wake`` for the tenant's midnight. The command line acts ``as_operator``: for nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tapak.accounts.policy import require
from tapak.audit.service import record
from tapak.db.wake import Wake, forget, wake
from tapak.requests.deadlines import calendar_changed
from tapak.requests.desk import Desk
from tapak.requests.versions import Running, running
from tapak.sdk.errors import Conflict, Invalid, NotFound, PreconditionRequired, Stale
from tapak.settings.catalogue import section, sections, stored
from tapak.settings.models import SettingChange
from tapak.settings.sections import Content, Section, differing, with_change
from tapak.settings.stranding import Stranded, stranded
from tapak.tenants import settings as tenant_settings
from tapak.tenants.models import Tenant

DUE = "setting_change"
"""The wake kind (row: setting_change) of a change whose day is to come."""
OPERATOR = "Pengelola server"
FURTHEST = 730


@dataclass(frozen=True)
class Look:
    """A section with what was set in it (anything else has its default), as of ``version``."""

    section: Section
    values: Mapping[str, Any]
    version: str


@dataclass(frozen=True)
class Preview:
    """What a change would do. ``before`` and ``after`` hold what differs.

    ``keeping`` are running requests that keep the settings that they began with, unless moved; ``touched`` those for
    which it counts too, from its day on; ``stranded`` those that couldn't go on: with any, it is refused.
    """

    look: Look
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    effective_from: date
    keeping: tuple[Running, ...]
    touched: tuple[Running, ...]
    stranded: tuple[Stranded, ...]


@dataclass(frozen=True)
class Change:
    """A change that was made. ``state``: pending (its day is to come), done, or undone (by a later one)."""

    row: SettingChange
    section: Section | None
    state: str


def listed(desk: Desk, *, as_operator: bool = False) -> tuple[Look, ...]:
    """Every section.

    Raises:
        Forbidden: the person isn't the tenant's admin.
    """
    desk = _fresh(desk, as_operator)
    return tuple(_look(desk, each) for each in sections(desk))


def find(desk: Desk, key: str, *, as_operator: bool = False) -> Look:
    """The section ``key``.

    Raises:
        Forbidden: as for :func:`listed`.
        NotFound: there is none.
    """
    desk = _fresh(desk, as_operator)
    return _look(desk, section(desk, key))


def in_force(desk: Desk, key: str, day: date, *, as_operator: bool = False) -> dict[str, Any]:
    """What was, is or will be set in a section on the tenant's ``day``, by the changes made so far.

    Raises:
        Forbidden, NotFound: as for :func:`find`.
    """
    values = dict(find(desk, key, as_operator=as_operator).values)
    made = history(desk, key, as_operator=as_operator)
    if day < desk.today:
        for each in made:
            if each.row.effective_from > day and each.state != "pending":
                values = with_change(values, each.row.after, each.row.before)
        return values
    for each in reversed(made):
        if each.state == "pending" and each.row.effective_from <= day:
            values = with_change(values, each.row.before, each.row.after)
    return values


def preview(
    desk: Desk, key: str, given: Content, effective_from: date | None = None, *, as_operator: bool = False
) -> Preview:
    """What the section would hold with ``given`` (all of it, as a form has it), and for which requests.

    Raises:
        Forbidden, NotFound: as for :func:`find`.
        Invalid: an unknown name, a bad value, or a day that is over or too far; ``fields`` says which.
    """
    desk = _fresh(desk, as_operator)
    look = _look(desk, section(desk, key))
    return _preview(desk, look, look.section.clean(given), _day(desk, effective_from))


def save(
    desk: Desk,
    key: str,
    given: Content,
    *,
    note: str,
    version: str | None,
    effective_from: date | None = None,
    as_operator: bool = False,
) -> Change:
    """Make a change, with the ``version`` of the look that was seen.

    Raises:
        Forbidden, NotFound: as for :func:`find`.
        PreconditionRequired, Stale: no version was told, or the section was changed since.
        Invalid: as for :func:`preview`, or nothing differs.
        Conflict: it would strand running requests; ``fields`` tells them by setting.
    """
    desk = _locked(desk, as_operator)
    look = _look(desk, section(desk, key))
    if not as_operator:
        _check_version(look, version)
    return _make(desk, _preview(desk, look, look.section.clean(given), _day(desk, effective_from)), note)


def undo_preview(desk: Desk, change_id: int, *, as_operator: bool = False) -> Preview:
    """What undoing a change would do; nothing differs where it hasn't come into force.

    Raises:
        Forbidden: as for :func:`listed`.
        NotFound: there is no such change.
        Conflict: it was undone already.
    """
    desk = _fresh(desk, as_operator)
    return _undone(desk, _change(desk, change_id))


def undo(desk: Desk, change_id: int, *, note: str = "", as_operator: bool = False) -> Change:
    """Write the earlier values of a change again, from today; one whose day is to come is called off.

    Raises:
        Forbidden, NotFound: as for :func:`undo_preview`.
        Conflict: it was undone already, or undoing it would strand running requests.
    """
    desk = _locked(desk, as_operator)
    change = _change(desk, change_id)
    planned = _undone(desk, change)
    forget(desk.session, DUE, change_id)
    return _make(desk, planned, note or f"Membatalkan perubahan {change_id}", undoes=change_id)


def history(desk: Desk, key: str = "", *, as_operator: bool = False, most: int = 200) -> tuple[Change, ...]:
    """The newest changes, of one section or of all.

    Raises:
        Forbidden: as for :func:`listed`.
    """
    desk = _fresh(desk, as_operator)
    query = select(SettingChange).order_by(SettingChange.id.desc()).limit(most)
    if key:
        query = query.where(SettingChange.section == key)
    known = {each.key: each for each in sections(desk)}
    rows, told = desk.session.scalars(query).all(), _states(desk)
    return tuple(Change(row, known.get(row.section), told(row.id)) for row in rows)


def take_effect(desk: Desk, change_id: int) -> str:
    """A change's day has come: write it; gives what is in the way (English), or nothing."""
    desk = _locked(desk, True)
    row = desk.session.get(SettingChange, (desk.tenant.id, change_id))
    if row is None or row.effective_from > desk.today:
        return "" if row is None else f"change {change_id} is of {row.effective_from}"
    try:
        look = _look(desk, section(desk, row.section))
        values = look.section.clean(with_change(look.values, row.before, row.after))
        planned = _preview(desk, look, values, desk.today)
        _refuse_stranding(planned)
        _write(desk, planned)
    except (NotFound, Invalid, Conflict) as problem:
        return problem.log
    return ""


def _look(desk: Desk, each: Section) -> Look:
    values = stored(desk, each)
    digest = hashlib.sha256(json.dumps([each.key, values], sort_keys=True).encode()).hexdigest()[:16]
    return Look(each, values, digest)


def _preview(desk: Desk, look: Look, values: Content, day: date) -> Preview:
    before, after = differing(look.values, values)
    each = look.section
    names = {*before, *after}
    concerned = running(desk, each.procedures) if names else ()
    return Preview(
        look,
        before,
        after,
        day,
        keeping=concerned if names - each.at_once - each.unpinned else (),
        touched=concerned if names & each.at_once else (),
        stranded=stranded(desk, each, before, after),
    )


def _make(desk: Desk, planned: Preview, note: str, undoes: int | None = None) -> Change:
    if not planned.before and not planned.after and undoes is None:
        raise Invalid("Tidak ada yang berubah.", log=f"settings {planned.look.section.key}: nothing differs")
    if len(note) > 500:
        raise Invalid("Catatan terlalu panjang.", log="note too long", fields={"note": ["Paling banyak 500 karakter."]})
    _refuse_stranding(planned)
    row = SettingChange(
        section=planned.look.section.key,
        before=dict(planned.before),
        after=dict(planned.after),
        effective_from=planned.effective_from,
        note=note.strip(),
        account_id=desk.person.account_id if desk.person else None,
        made_by=desk.person.name if desk.person else OPERATOR,
        undoes=undoes,
    )
    desk.session.add(row)
    desk.session.flush()
    if row.effective_from > desk.today:
        midnight = datetime.combine(row.effective_from, time.min, ZoneInfo(desk.tenant.time_zone))
        wake(desk.session, DUE, row.id, at=midnight)
    else:
        _write(desk, planned)
    _tell(desk, planned.look.section, row)
    return Change(row, planned.look.section, _states(desk)(row.id))


def _write(desk: Desk, planned: Preview) -> None:
    each = planned.look.section
    values = with_change(planned.look.values, planned.before, planned.after)
    if each.plugin:
        tenant_settings.save(desk.session, desk.tenant, each.plugin, each.schema, values)
        return
    desk.tenant.settings = tenant_settings.check_tenant_settings(each.put(desk.tenant.settings, values))
    desk.session.flush()
    if each.limits & {*planned.before, *planned.after}:
        calendar_changed(desk.session, desk.tenant)


def _undone(desk: Desk, change: SettingChange) -> Preview:
    state = _states(desk)(change.id)
    if state == "undone":
        raise Conflict("Perubahan ini sudah dibatalkan.", log=f"change {change.id} is undone")
    look = _look(desk, section(desk, change.section))
    if state == "pending":
        return _preview(desk, look, look.values, desk.today)
    return _preview(desk, look, look.section.clean(with_change(look.values, change.after, change.before)), desk.today)


def _refuse_stranding(planned: Preview) -> None:
    if not planned.stranded:
        return
    fields: dict[str, list[str]] = {}
    for each in planned.stranded:
        fields.setdefault(each.name, []).append(
            f"{each.request.number} (langkah {each.request.step_number}): {each.reason}"
        )
    raise Conflict(
        f"Perubahan ini tidak dapat disimpan karena {len(planned.stranded)} permohonan tidak dapat dilanjutkan.",
        log=f"settings {planned.look.section.key}: would strand {len(planned.stranded)} requests",
        fields=fields,
    )


def _states(desk: Desk) -> Callable[[int], str]:
    """What became of each change, by its id."""
    undone = set(desk.session.scalars(select(SettingChange.undoes).where(SettingChange.undoes.is_not(None))))
    waiting = set(desk.session.scalars(select(Wake.row_id).where(Wake.kind == DUE)))
    return lambda change_id: "undone" if change_id in undone else "pending" if change_id in waiting else "done"


def _change(desk: Desk, change_id: int) -> SettingChange:
    row = desk.session.get(SettingChange, (desk.tenant.id, change_id))
    if row is None:
        raise NotFound("Perubahan ini tidak ditemukan.", log=f"no change {change_id}")
    return row


def _day(desk: Desk, wanted: date | None) -> date:
    day = wanted or desk.today
    if not 0 <= (day - desk.today).days <= FURTHEST:
        told = "Isi dengan hari ini atau sesudahnya, paling lama dua tahun."
        raise Invalid(told, log=f"effective from {day}", fields={"effective_from": [told]})
    return day


def _fresh(desk: Desk, as_operator: bool) -> Desk:
    """The desk with the tenant's settings that stand, not those remembered for the host."""
    if not as_operator:
        require(desk.somebody, "settings.manage")
    return replace(desk, tenant=desk.session.get_one(Tenant, desk.tenant.id, populate_existing=True))


def _locked(desk: Desk, as_operator: bool) -> Desk:
    """The same, with the tenant's row held: changes of settings come one after the other."""
    desk = _fresh(desk, as_operator)
    desk.session.refresh(desk.tenant, with_for_update={"key_share": True})
    return desk


def _check_version(look: Look, version: str | None) -> None:
    if version is None:
        told = "Sebutkan versi pengaturan yang Anda lihat."
        raise PreconditionRequired(told, log="settings without the version that was seen")
    if version != look.version:
        told = "Pengaturan ini sudah diubah orang lain. Buka kembali halamannya, lalu ulangi perubahan Anda."
        raise Stale(told, log="settings changed meanwhile")


def _tell(desk: Desk, each: Section, row: SettingChange) -> None:
    record(
        desk.session,
        "settings.undone" if row.undoes else "settings.changed",
        person=desk.person,
        summary=f"Pengaturan diubah: {each.title}",
        content={
            "section": each.key,
            "change": row.id,
            "settings": sorted({*row.before, *row.after}),
            "effective_from": row.effective_from.isoformat(),
        },
        shown=False,
    )
