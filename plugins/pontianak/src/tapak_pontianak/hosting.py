"""Permohonan Hosting of Kota Pontianak; the rows of the paper stand in ``document.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tapak.sdk import parts
from tapak.sdk.forms import Lines
from tapak.sdk.procedure import Procedure
from tapak.sdk.view import View
from tapak.sdk.wording import day_words
from tapak_pontianak import hosting_forms as forms
from tapak_pontianak.document import ACTORS, HEADER, STEPS
from tapak_pontianak.resources import configuration, desired_resources
from tapak_pontianak.settings import VILLAGES


def validate(view: View, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """A village has a name of its own below desa.id; it is told where to get it."""
    problems: dict[str, Sequence[str]] = {}
    if view.request.agency_kind == "desa":
        problems["name_label"] = [str(view.settings.get("village_guidance") or VILLAGES)]
    if answers.get("runtime") == "static" and answers.get("database", "none") != "none":
        problems["database"] = ["Halaman statis tidak memakai basis data; pilih PHP atau “Tanpa basis data”."]
    return problems


def subject(answers: Mapping[str, Any]) -> str:
    """The request's one-line title."""
    return " · ".join([str(answers.get("system_name", "")), *(wish.fqdn for wish in parts.wished_names(answers))])


def about(view: View) -> Lines:
    """What letters call the request's subject, with the Kepala Dinas's disposition once it is recorded."""
    told = {**view.answers, **view.results.get("dispose", {})}
    number, on = told.get("head_disposition_number"), told.get("head_disposition_date")
    disposed = [("Disposisi Kepala Dinas", f"nomor {number} tanggal {day_words(on)}")] if number and on else []
    return [("Nama sistem", str(view.answers.get("system_name", ""))), *parts.name_lines(view.answers), *disposed]


HOSTING = Procedure(
    key="pontianak.hosting",
    version=1,
    service="Permohonan Hosting",
    summary="Tempat aplikasi OPD di server pemerintah kota setelah lolos verifikasi keamanan, dengan sub domainnya.",
    effective_from=date(2020, 2, 3),
    header=HEADER,
    actors=ACTORS,
    steps=STEPS,
    request_number="{seq:03}/HOST/TKPBET.DKI/{roman_month}/{year}",
    validate=validate,
    subject=subject,
    about=about,
    configuration=configuration,
    desired_resources=desired_resources,
    forms=forms.FORMS,
    effects=forms.EFFECTS,
)
