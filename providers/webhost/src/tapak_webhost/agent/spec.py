"""How a site is to be, as it comes in a request and as it lies in ``site.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from tapak_webhost.agent.names import server_name
from tapak_webhost.agent.protocol import BAD_REQUEST, INVALID_SPEC, AgentError, flag, integer, only, rows, text

MAX_WORDS = 200
MAX_ROWS = 50
MAX_VALUE = 2000
HSTS = ("day", "year")
STATUSES = frozenset({301, 302, 303, 307, 308})
# Names that frame the message, plant cookies for the whole zone, or prove who serves.
DENIED_HEADERS = frozenset(
    """
    connection content-encoding content-length content-type date host keep-alive location proxy-authenticate server
    set-cookie status te trailer transfer-encoding upgrade www-authenticate x-tapak-generation x-tapak-site
    """.split()  # noqa: SIM905 - forty quotation marks tell nothing
)

PROOF = "X-Tapak-Site"
# What visitors could tell another server of themselves, or of us.
CLEARED = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP")

_FIELDS = frozenset({"name", "title", "owner", "redirects", "headers", "php", "suspended", "https", "proxy"})
_PHP_LIMITS = {"memory": 2048, "upload": 1024, "seconds": 300}
_PROXY_LIMITS = {"port": 65_535, "upload": 1024, "seconds": 3600}
_REDIRECT_FIELDS = frozenset({"path", "target", "status"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?")
_HEADER_VALUE = re.compile(r"[!#-\[\]-~](?:[ !#-\[\]-~]*[!#-\[\]-~])?")
_PATH = re.compile(r"/|(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?")
_TARGET = re.compile(
    r"(?:https?://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?)?"
    r"(?:/(?:[A-Za-z0-9._~!()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:\?(?:[A-Za-z0-9._~!()*+,;=:@/?&-]|%[0-9A-Fa-f]{2})*)?"
)


@dataclass(frozen=True)
class Redirect:
    """A path prefix that is answered with ``status`` and a Location below ``target``."""

    path: str
    target: str
    status: int


@dataclass(frozen=True)
class PhpSpec:
    """Limits of a site's PHP: MiB of memory and of one upload, seconds of one request."""

    memory: int
    upload: int
    seconds: int


@dataclass(frozen=True)
class HttpsSpec:
    """HTTPS of a site: whether HTTP leads there, and for how long browsers are told so (off, day, year)."""

    redirect: bool
    hsts: str


@dataclass(frozen=True)
class ProxySpec:
    """The server that answers for a site, its limits in MiB of one request and seconds until it answers."""

    host: str
    port: int
    upload: int
    seconds: int

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class SiteSpec:
    """One site; equality is what changes are compared by."""

    name: str
    title: str = ""
    owner: str = ""
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    php: PhpSpec | None = None
    suspended: bool = False
    https: HttpsSpec | None = None
    proxy: ProxySpec | None = None

    @property
    def needs_own_file(self) -> bool:
        """Whether it has directives that mass serving can't give."""
        return bool(self.redirects or self.headers or self.proxy)

    def mass(self) -> SiteSpec:
        """The same site without directives of its own."""
        return replace(self, redirects=(), headers=(), proxy=None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, as :func:`spec_from` takes them."""
        return {
            "name": self.name,
            "title": self.title,
            "owner": self.owner,
            "redirects": [{"path": r.path, "target": r.target, "status": r.status} for r in self.redirects],
            "headers": [list(pair) for pair in self.headers],
            "php": asdict(self.php) if self.php else None,
            "suspended": self.suspended,
            "https": asdict(self.https) if self.https else None,
            "proxy": asdict(self.proxy) if self.proxy else None,
        }


def hsts_value(hsts: str) -> str:
    """What ``Strict-Transport-Security`` says; empty where it isn't sent."""
    seconds = {"day": 86_400, "year": 31_536_000}.get(hsts)
    return f"max-age={seconds}" if seconds else ""


def shown_port(port: int) -> str:
    """A port as it stands in an https URL."""
    return "" if port == 443 else f":{port}"


def spec_from(value: Any) -> SiteSpec:
    """The spec in ``value``; shape and types are checked, not what the words say.

    Raises:
        AgentError: a field is unknown, missing or of another type.
    """
    if not isinstance(value, Mapping):
        raise AgentError(BAD_REQUEST, "a site's spec is an object")
    only(value, _FIELDS, "spec")
    return SiteSpec(
        name=server_name(value.get("name")),
        title=text(value, "title", "spec"),
        owner=text(value, "owner", "spec"),
        redirects=tuple(_redirect(row) for row in rows(value, "redirects", "spec", MAX_ROWS)),
        headers=tuple(_header(row) for row in rows(value, "headers", "spec", MAX_ROWS)),
        php=php_from(value.get("php")),
        suspended=flag(value, "suspended", "spec"),
        https=_https(value.get("https")),
        proxy=_proxy(value.get("proxy")),
    )


def php_from(value: Any) -> PhpSpec | None:
    """The limits in ``value``; null is no PHP.

    Raises:
        AgentError: a limit is unknown, missing or beyond what a site may have.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise AgentError(BAD_REQUEST, "php is an object or null")
    only(value, frozenset(_PHP_LIMITS), "php")
    return PhpSpec(**{key: integer(value, key, "php", 1, highest) for key, highest in _PHP_LIMITS.items()})


def _https(value: Any) -> HttpsSpec | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise AgentError(BAD_REQUEST, "https is an object or null")
    only(value, frozenset({"redirect", "hsts"}), "https")
    hsts = text(value, "hsts", "https")
    if hsts not in ("off", *HSTS):
        raise AgentError(BAD_REQUEST, "https: hsts is off, day or year")
    return HttpsSpec(flag(value, "redirect", "https"), hsts)


def _proxy(value: Any) -> ProxySpec | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise AgentError(BAD_REQUEST, "proxy is an object or null")
    only(value, frozenset({"host", *_PROXY_LIMITS}), "proxy")
    limits = {key: integer(value, key, "proxy", 1, highest) for key, highest in _PROXY_LIMITS.items()}
    return ProxySpec(text(value, "host", "proxy"), **limits)


def check(spec: SiteSpec) -> SiteSpec:
    """``spec`` if it may be made: nothing in it can become a directive, a header or a path of its own.

    Raises:
        AgentError: with the field in ``details``.
    """
    _words(spec.title, "title", lowest=1)
    _words(spec.owner, "owner", lowest=0)
    for name, value in spec.headers:
        _check_header(name, value)
    for redirect in spec.redirects:
        _check_redirect(redirect, spec.name)
    if spec.proxy is not None and spec.php is not None:
        raise _invalid("proxy", "a site that another server answers for runs no PHP")
    _no_doubles([name.lower() for name, _ in spec.headers], "headers")
    _no_doubles([redirect.path.rstrip("/") for redirect in spec.redirects], "redirects")
    return spec


def _redirect(row: Any) -> Redirect:
    if not isinstance(row, Mapping):
        raise AgentError(BAD_REQUEST, "a redirect is an object")
    only(row, _REDIRECT_FIELDS, "redirect")
    return Redirect(
        path=text(row, "path", "redirect"),
        target=text(row, "target", "redirect"),
        status=integer(row, "status", "redirect"),
    )


def _header(row: Any) -> tuple[str, str]:
    if not isinstance(row, list) or len(row) != 2 or not all(isinstance(part, str) for part in row):
        raise AgentError(BAD_REQUEST, "a header is a list of name and value")
    return row[0], row[1]


def _words(value: str, field: str, lowest: int) -> None:
    if not lowest <= len(value) <= MAX_WORDS or not value.isprintable() or value != value.strip():
        raise _invalid(field, f"{lowest} to {MAX_WORDS} printable characters without spaces around them")


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in DENIED_HEADERS:
        raise _invalid("headers", f"the header {ascii(name)[:80]} can't be set")
    if len(value) > MAX_VALUE or not _HEADER_VALUE.fullmatch(value) or "${" in value or value.startswith("expr="):
        raise _invalid("headers", f"the value of {name} has characters that can't be set")


def _check_redirect(redirect: Redirect, name: str) -> None:
    path, target = redirect.path, redirect.target
    if len(path) > MAX_VALUE or not _PATH.fullmatch(path):
        raise _invalid("redirects", f"not a path: {ascii(path)[:80]}")
    if not 0 < len(target) <= MAX_VALUE or not _TARGET.fullmatch(target) or target.startswith(("//", "?")):
        raise _invalid("redirects", f"not a target: {ascii(target)[:80]}")
    if redirect.status not in STATUSES:
        raise _invalid("redirects", f"not a redirect's status: {redirect.status}")
    here = _path_here(target, name)
    if here is not None and f"{here}/".startswith(f"{path.rstrip('/')}/"):
        raise _invalid("redirects", f"{path} would lead to itself")


def _path_here(target: str, name: str) -> str | None:
    """The path to which ``target`` leads on the site ``name`` itself; None where it leads elsewhere."""
    parts = urlsplit(target)
    try:
        elsewhere = parts.hostname not in (None, name) or parts.port not in (None, 80, 443)
    except ValueError:
        raise _invalid("redirects", f"not a port: {ascii(target)[:80]}") from None
    return None if elsewhere else parts.path or "/"


def _no_doubles(keys: list[str], field: str) -> None:
    if len(set(keys)) != len(keys):
        raise _invalid(field, "the same one twice")


def _invalid(field: str, rule: str) -> AgentError:
    return AgentError(INVALID_SPEC, f"{field}: {rule}", field=field)
