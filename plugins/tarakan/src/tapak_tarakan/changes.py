"""Changes and endings of Tarakan's services, each on the steps of the document that the service came by."""

from __future__ import annotations

from tapak.sdk.changes import change_of
from tapak_tarakan.colocation import COLOCATION
from tapak_tarakan.hosting import HOSTING
from tapak_tarakan.website import WEBSITE

HOSTING_CHANGE = change_of(
    HOSTING,
    key="tarakan.hosting_change",
    service="Perubahan Layanan Hosting dan Sub Domain",
    summary="Ganti nama, alamat atau penanggung jawab, pemutakhiran data, atau penonaktifan hosting yang aktif.",
    request_number="{seq:03}/UBAH-HOST/DKISP/{roman_month}/{year}",
)
WEBSITE_CHANGE = change_of(
    WEBSITE,
    key="tarakan.website_change",
    service="Perubahan Layanan Website",
    summary="Ganti nama, alamat atau penanggung jawab, pemutakhiran data, atau penonaktifan website yang aktif.",
    request_number="{seq:03}/UBAH-WEB/DKISP/{roman_month}/{year}",
    steps=("submit", "register_letter", "dispose", "review", "decide", "install", "report", "close"),
    data=("system_name", "description", "kind", "technology"),
    without=(
        "field:prepared",
        "document:website_data",
        "document:kak",
        "document:manual",
        "document:documentation",
        "document:website_report",
    ),
)
COLOCATION_CHANGE = change_of(
    COLOCATION,
    key="tarakan.colocation_change",
    service="Perubahan Layanan Colocation Server",
    summary="Ganti nama, alamat atau penanggung jawab, pemutakhiran data, atau penonaktifan server titipan.",
    request_number="{seq:03}/UBAH-COLO/DKISP/{roman_month}/{year}",
    steps=("submit", "register_letter", "dispose", "review", "decide", "provision", "report", "close"),
    without=("field:gateway", "document:handover_record"),
)
