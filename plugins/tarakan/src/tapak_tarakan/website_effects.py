"""What an installed website leads to: a row of the register, and the report that the unit receives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapak.sdk.backups import Backup
from tapak.sdk.contexts import common, line_items, outcome, people
from tapak.sdk.forms import Lines
from tapak.sdk.procedure import configuration_lines
from tapak.sdk.registers import Record
from tapak.sdk.request_view import delivered
from tapak.sdk.resources import Account, Site
from tapak.sdk.step_kinds import Letter, StepResult
from tapak.sdk.view import View
from tapak.sdk.wording import clock_words, day_words
from tapak_tarakan.registers import CREATED, UPDATED, WEBSITE_WORK, WEBSITES
from tapak_tarakan.website_forms import APPLICATION, APPLICATION_FILES, RUNTIMES, STATIC
from tapak_tarakan.website_resources import continues, website_name


def configuration(view: View) -> Lines:
    """Names, records, site and database, then how the application runs and how it is kept."""
    if "exists" not in view.results:
        return configuration_lines(view)
    archive = delivered(view, APPLICATION.kind)
    more = [
        ("Cara kerja website", RUNTIMES[_runtime(view)]),
        ("Arsip aplikasi", f"{archive.filename} (SHA-256 {archive.sha256[:12]}…)" if archive else ""),
        ("Akun SFTP", _account(view)),
        ("Pencadangan", _backup(view)),
    ]
    return [*configuration_lines(view), *((label, text) for label, text in more if text)]


def installed(view: View, data: Mapping[str, Any]) -> StepResult:
    """Data konfigurasi layanan website, and the report with the list of what was delivered."""
    work, name = WEBSITE_WORK[_work(view)], website_name(view)
    context = {
        **common(view),
        **people(view),
        **outcome(view),
        "name": name,
        "work": work,
        "installed_on": day_words(view.now),
        "backup": _backup(view),
        "delivered": [
            f"{upload.label}: {paper.filename}"
            for upload in APPLICATION_FILES
            if (paper := delivered(view, upload.kind))
        ],
        "note": data["note"],
    }
    letter = Letter(
        "website_report", "tarakan/website_report", f"Laporan instalasi website {name}", context, series="outgoing"
    )
    return StepResult(
        records=(Record(WEBSITES.key, _row(view, name)),), letters=(letter,), summary=f"{work}: {name} terpasang"
    )


def _row(view: View, name: str) -> dict[str, Any]:
    archive = delivered(view, APPLICATION.kind)
    return {
        "installed_on": view.now.date().isoformat(),
        "work": _work(view),
        "name": name,
        "system_name": view.answers["system_name"],
        "agency": view.request.agency,
        "runtime": _runtime(view),
        "archive": archive.filename if archive else "",
        "sha256": archive.sha256 if archive else "",
        "configuration": line_items(view.procedure.configuration(view)),
    }


def _work(view: View) -> str:
    return CREATED if continues(view) is None else UPDATED


def _runtime(view: View) -> str:
    """As it stands: an update keeps the PHP that a site has."""
    sites = (each.spec for each in view.procedure.desired_resources(view) if isinstance(each.spec, Site))
    return "php" if any(site.php for site in sites) else STATIC


def _account(view: View) -> str:
    wanted = any(isinstance(each.spec, Account) for each in view.procedure.desired_resources(view))
    return "kata sandi diambil oleh perangkat daerah pada halaman layanan" if wanted else ""


def _backup(view: View) -> str:
    plans = (each.spec for each in view.procedure.desired_resources(view) if isinstance(each.spec, Backup))
    return next((_plan_words(each, view) for each in plans), "")


def _plan_words(plan: Backup, view: View) -> str:
    return (
        f"Setiap hari pukul {clock_words(plan.at, view.now)}; disimpan {plan.keep_daily} hari, {plan.keep_weekly} "
        f"minggu dan {plan.keep_monthly} bulan; pemulihan diuji setiap {plan.test_days} hari"
    )
