"""What a server's refusal means, in words for the officer who can act on it.

SERVFAIL counts as unavailable, not as broken: nothing was changed, and it heals without us (a zone that is still
loading or has expired, a full disk under the journal), so that the same call is worth trying again.
"""

from __future__ import annotations

import dns.exception
import dns.rcode
import dns.tsig

from tapak.sdk.dns.asking import Answer
from tapak.sdk.dns.servers import Server
from tapak.sdk.errors import ForeignResource, ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable

# RFC 2136 section 2.2: what a failed prerequisite answers.
PREREQUISITES = (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.NXRRSET)

_TSIG: tuple[tuple[type[dns.exception.DNSException], str, str], ...] = (
    (dns.tsig.PeerBadKey, "nama kunci atau algoritmenya tidak dikenal; samakan dengan named.conf", "BADKEY"),
    (dns.tsig.PeerBadSignature, "rahasia kunci TSIG salah; isi ulang rahasia dari named.conf", "BADSIG"),
    (dns.tsig.PeerBadTime, "jam server dan jam aplikasi berbeda lebih dari 5 menit; samakan lewat NTP", "BADTIME"),
    (dns.tsig.BadTime, "jam server dan jam aplikasi berbeda lebih dari 5 menit; samakan lewat NTP", "BADTIME"),
    (dns.tsig.BadSignature, "tanda tangan jawabannya tidak sah; periksa rahasia kunci TSIG", "bad signature"),
    (dns.tsig.PeerError, "kunci TSIG ditolak; samakan kunci dengan named.conf", "TSIG error"),
)


def from_exception(server: Server, error: Exception) -> ProviderError:
    """The provider error for what went wrong while talking to ``server``."""
    for kind, words, log in _TSIG:
        if isinstance(error, kind):
            return ProviderDenied(f"Server DNS {server} menolak: {words}.", log=f"{server} refused the key: {log}")
    if isinstance(error, dns.exception.Timeout):
        return silent(server, "no answer in time")
    if isinstance(error, OSError):
        return silent(server, error.strerror or type(error).__name__)
    told = f"Server DNS {server} memberi jawaban yang tidak dapat dibaca; periksa apakah alamat dan port benar."
    return ProviderBroken(told, log=f"{server}: unreadable answer ({type(error).__name__})")


def silent(server: Server, why: str) -> ProviderUnavailable:
    """The error for a server that doesn't answer."""
    told = f"Server DNS {server} tidak menjawab; periksa apakah server hidup dan jaringannya terbuka."
    return ProviderUnavailable(told, log=f"{server}: {why}")


def from_rcode(server: Server, rcode: dns.rcode.Rcode, what: str) -> ProviderError:
    """The provider error for an answer code; ``what`` names the zone or name concerned."""
    code = dns.rcode.to_text(rcode)
    log = f"{server}: {code} for {what}"
    if rcode == dns.rcode.REFUSED:
        told = f"Server DNS {server} menolak (REFUSED) untuk {what}; beri hak pada kunci ini di named.conf."
        return ProviderDenied(told, log=log)
    if rcode in (dns.rcode.NOTAUTH, dns.rcode.NOTZONE):
        told = f"Server DNS {server} bukan server utama untuk {what} ({code}); periksa zona di pengaturan."
        return ProviderDenied(told, log=log)
    if rcode == dns.rcode.SERVFAIL:
        told = f"Server DNS {server} gagal melayani {what} (SERVFAIL); periksa log BIND, zona, dan ruang disk."
        return ProviderUnavailable(told, log=log)
    return ProviderBroken(f"Server DNS {server} menjawab {code} untuk {what}; periksa konfigurasi BIND.", log=log)


def from_answer(server: Server, answer: Answer, what: str) -> ProviderError:
    """The provider error for an answer that tells nothing with authority."""
    if answer.silent:
        return silent(server, answer.silent)
    if answer.delegated:
        told = f"{what} berada di bawah zona yang didelegasikan ke server lain; ubah di server itu."
        return ForeignResource(told, log=f"{server}: {what} is delegated")
    if answer.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return from_rcode(server, answer.rcode, what)
    told = f"Server DNS {server} tidak berwenang (bukan authoritative) atas {what}; periksa zona dan alamat server."
    return ProviderBroken(told, log=f"{server}: answer without authority for {what}")


def unsigned(server: Server) -> ProviderBroken:
    """The error for an answer without the signature that it must bear (RFC 8945 section 5.4)."""
    told = f"Jawaban server DNS {server} tidak bertanda tangan TSIG; jangan dipercaya, periksa jaringan di antaranya."
    return ProviderBroken(told, log=f"{server}: unsigned answer")
