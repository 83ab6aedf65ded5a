"""What Cloudflare answers when it doesn't do what was asked, in words that an officer can act on."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.sdk.errors import Invalid, ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable, TapakError

# A record exists already (the same, or another that can't stand beside it), or one that was named doesn't.
CONTESTED = frozenset({81044, 81053, 81054, 81055, 81056, 81057, 81058})
# A token that is no token, that is unknown, that has expired, or that may not do this.
TOKENS = frozenset({1000, 1001, 6003, 6111, 9106, 9107, 9109, 10000, 10001})


class Limited(ProviderUnavailable):
    """Too many requests (1,200 in five minutes): ``wait`` seconds, where Cloudflare told them."""

    def __init__(self, wait: float | None) -> None:
        super().__init__(
            "Cloudflare membatasi jumlah permintaan; dicoba lagi dengan sendirinya.",
            log=f"rate limited, retry after {wait}",
        )
        self.wait = wait


class Dropped(ProviderUnavailable):
    """The connection ended without an answer: a kept one that Cloudflare had closed, or the network."""


class Contested(ProviderUnavailable):
    """Somebody was faster: what stands is read again before anything is said of it."""


def silent(why: str, kind: type[ProviderUnavailable] = ProviderUnavailable) -> ProviderUnavailable:
    """No answer, or one that can't be read: whether the request was carried out is unknown."""
    return kind(
        "Cloudflare tidak dapat dihubungi; dicoba lagi dengan sendirinya. Bila terus begini, periksa jaringan keluar "
        "dari server Tapak ke API Cloudflare.",
        log=f"cloudflare: {why}",
    )


def refused(status: int, codes: Sequence[int]) -> TapakError:
    """An answer with an error status."""
    log = f"cloudflare: HTTP {status}, codes {list(codes)}"
    if status >= 500 or status == 408:
        return silent(log)
    if CONTESTED & set(codes):
        return Contested("Rekaman sedang diubah pihak lain; dibaca ulang.", log=log)
    if status in (401, 403) or TOKENS & set(codes):
        return ProviderDenied(
            "Cloudflare menolak token API ini: salah, kedaluwarsa, atau tanpa hak Zone: Read dan DNS: Edit. Buat token "
            "baru di dasbor Cloudflare, lalu isikan pada sambungan.",
            log=log,
        )
    if status == 400:
        return Invalid(f"Cloudflare menolak isi rekaman ini (kode {_told(codes)}).", log=log)
    return ProviderError(f"Cloudflare menolak permintaan (HTTP {status}, kode {_told(codes)}).", log=log)


def no_zone(zone: str) -> ProviderBroken:
    """The token doesn't see the zone."""
    return ProviderBroken(
        f"Zona {zone} tidak ada di akun Cloudflare ini, atau token tidak berhak atasnya. Periksa nama zona dan hak "
        "token.",
        log=f"cloudflare: no zone {zone}",
    )


def _told(codes: Sequence[int]) -> str:
    return ", ".join(map(str, codes)) or "tidak disebut"
