"""An application with everything that it runs on: database, site, release, SFTP account, backups and name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tapak.sdk import parts
from tapak.sdk.addresses import address_record
from tapak.sdk.backups import Backup
from tapak.sdk.databases import Database
from tapak.sdk.fields import Line
from tapak.sdk.forms import ARCHIVES, LARGEST_APPLICATION, Form, StepSchema, Upload
from tapak.sdk.names import NameWish
from tapak.sdk.procedure import END, Outcome, Procedure, RequiredInput
from tapak.sdk.request_view import delivered, zone_choices
from tapak.sdk.resources import Account, DesiredResource, Php, Release, Site
from tapak.sdk.view import View
from tapak_kota.placing import HEADER, OFFICER, UNIT, step

APPLICATION = Upload("application", "Arsip aplikasi", media_types=ARCHIVES, largest=LARGEST_APPLICATION, scanned=True)


class ApplicationSubmission(parts.LetterPart, parts.NamePart, parts.PeoplePart):
    """A submission of an application."""


class ArchivePart(StepSchema):
    """What comes with the archive."""

    remark = Line("Keterangan berkas", 200, optional=True)


SUBMISSION = Form(
    ApplicationSubmission,
    pages=(parts.LETTER_PAGE, parts.NAME_PAGE, parts.PEOPLE_PAGE),
    uploads=(parts.REQUEST_LETTER,),
    asked_anew=parts.ASKED_ANEW,
    choices=lambda view: {"name_zone": zone_choices(view)},
    sample={**parts.LETTER_SAMPLE, **parts.NAME_SAMPLE, **parts.PEOPLE_SAMPLE},
)


def desired_resources(view: View) -> Sequence[DesiredResource]:
    """Everything that the application runs on, once its archive came."""
    archive = delivered(view, APPLICATION.kind)
    if archive is None:
        return ()
    label, zone = view.answers["name_label"], view.answers["name_zone"]
    name, owner = NameWish(label, zone).fqdn, view.request.agency
    return (
        DesiredResource("database", Database("mariadb", label.replace("-", "_"), owner, name)),
        DesiredResource("site", Site(name, title=label, owner=owner, php=Php()), needs=("database",)),
        DesiredResource("release", Release(name, archive.sha256), needs=("site",)),
        DesiredResource("account", Account(name), needs=("site",)),
        DesiredResource("backup", Backup(name), needs=("site", "database")),
        DesiredResource("name", address_record(zone, name, view.shared_address(), 300), needs=("site", "release")),
    )


HOSTED = Procedure(
    key="kota.application",
    version=1,
    service="Layanan aplikasi",
    summary="Aplikasi perangkat daerah dengan basis data, akun SFTP dan cadangannya.",
    effective_from=date(2026, 1, 1),
    header=HEADER,
    actors=(UNIT, OFFICER),
    steps=(
        step(1, "submit", "tapak.submit/1", "unit", "deliver"),
        step(
            2,
            "deliver",
            "tapak.ask_applicant/1",
            "unit",
            "install",
            required_inputs=(RequiredInput("Arsip aplikasi", "document:application"),),
        ),
        step(3, "install", "tapak.provision/1", "officer", "close"),
        step(4, "close", "tapak.close/1", "unit", "", outcomes=(Outcome("done", "Selesai", to=END),)),
    ),
    request_number="{seq:03}/APL/{year}",
    desired_resources=desired_resources,
    forms={"submit": SUBMISSION, "deliver": Form(ArchivePart, uploads=(APPLICATION,), sample={"remark": "Lengkap"})},
)
