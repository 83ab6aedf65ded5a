"""Changes and endings of hosted subdomains, on the steps of the hosting document except the check of PSE data."""

from __future__ import annotations

from tapak.sdk.changes import change_of
from tapak_kukar import hosting_forms as forms
from tapak_kukar.coordination import coordinated
from tapak_kukar.dns_change import registered
from tapak_kukar.hosting import HOSTING

HOSTING_CHANGE = change_of(
    HOSTING,
    key="kukar.hosting_change",
    service="Perubahan Layanan Hosting Sub Domain",
    summary="Ganti nama, alamat atau penanggung jawab, pemutakhiran data, atau penonaktifan hosting yang aktif.",
    request_number="{seq:03}/UBAH-HOST/DISKOMINFO/{roman_month}/{year}",
    steps=("submit", "receive", "decide", "register", "hand_over"),
    forms={key: form for key, form in forms.FORMS.items() if key != "submit"},
    effects={"receive": coordinated, "decide": coordinated, "register": registered, "hand_over": coordinated},
)
