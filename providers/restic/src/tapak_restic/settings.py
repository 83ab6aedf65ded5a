"""What connects a tenant to its backup repository."""

from __future__ import annotations

import re

from marshmallow import ValidationError, fields, validate

from tapak.sdk.settings import SettingsSchema

SHORTEST = 20
# A folder, or one of the kinds of repositories that restic reaches with a password and no further key.
_REPOSITORY = re.compile(r"/[^\0\n]{1,400}|(?:sftp|rest):[A-Za-z0-9@._:/~-]{1,400}")


def _repository(value: str) -> None:
    if not _REPOSITORY.fullmatch(value) or ".." in value.split("/"):
        raise ValidationError("Isi folder lengkap, atau alamat sftp: atau rest: tanpa kata sandi di dalamnya.")


class ResticSettings(SettingsSchema):
    """``timeout`` is in seconds, for questions to the repository; runs have a limit of their own."""

    repository = fields.String(
        required=True,
        validate=_repository,
        metadata={
            "label": "Repositori",
            "help": "Folder lengkap (/srv/cadangan), sftp:… atau rest:…",
            "operator": True,
        },
    )
    password = fields.String(
        required=True,
        validate=validate.Length(SHORTEST, 200),
        metadata={
            "label": "Kata sandi repositori",
            "help": "Sedikitnya 20 huruf. Simpan juga di tempat lain: tanpanya cadangan tidak dapat dibuka.",
            "secret": True,
        },
    )
    timeout = fields.Float(
        load_default=60.0, validate=validate.Range(0.1, 600), metadata={"label": "Batas waktu (detik)"}
    )
