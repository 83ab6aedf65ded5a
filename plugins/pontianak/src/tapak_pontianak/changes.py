"""Changes and endings of hosted applications, on the steps of the document that bear on them.

A change of the application's files is a new request, since those are verified again.
"""

from __future__ import annotations

from tapak.sdk.changes import change_of
from tapak_pontianak import hosting_forms as forms
from tapak_pontianak.hosting import HOSTING

HOSTING_CHANGE = change_of(
    HOSTING,
    key="pontianak.hosting_change",
    service="Perubahan Layanan Hosting",
    summary="Ganti nama atau penanggung jawab, pemutakhiran data, atau penonaktifan hosting yang aktif.",
    request_number="{seq:03}/UBAH-HOST/TKPBET.DKI/{roman_month}/{year}",
    steps=("submit", "dispose", "name", "receive"),
    kinds=("rename", "officer", "data", "deactivate"),
    data=("system_name", "description", "kind", "technology", "year", "developer"),
    forms={"dispose": forms.FORMS["dispose"]},
)
