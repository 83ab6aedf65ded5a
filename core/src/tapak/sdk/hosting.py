"""Resources that a web host holds: sites, the releases of their applications, and accounts to send files with.

``has_outputs`` and ``uses`` are those of ``tapak.sdk.resources``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, ClassVar

from tapak.sdk.certificates import Https
from tapak.sdk.x509 import normal_name


@dataclass(frozen=True)
class Redirect:
    """A path prefix of a site that answers with a redirect: needs a vhost file of its own.

    What follows ``path`` in a request follows ``target`` in the answer.
    """

    path: str
    target: str
    status: int = 302


@dataclass(frozen=True)
class Php:
    """PHP for one site, in processes of its own. Sizes are in MiB; ``seconds`` is how long one request may take."""

    memory: int = 128
    upload: int = 16
    seconds: int = 30


@dataclass(frozen=True)
class Proxy:
    """The server that answers for a site, asked by HTTP at ``host`` (an IP address) and ``port``: needs a vhost file.

    ``upload`` is the largest body of a request in MiB, ``seconds`` how long the other server may take to answer. It is
    given the visitor's ``Host``, and ``X-Forwarded-For`` and ``X-Forwarded-Proto`` that no visitor can set. Which
    networks it may be in is the operator's word, on the web host itself.
    """

    host: str
    port: int
    upload: int = 16
    seconds: int = 60

    def __post_init__(self) -> None:
        with suppress(ValueError):
            object.__setattr__(self, "host", str(ip_address(self.host)))


@dataclass(frozen=True)
class Site:
    """A name that a web server answers for.

    ``title`` and ``owner`` are printed on the placeholder page that stands until the owner's files come. A site
    without ``redirects``, ``headers`` or ``proxy`` is mass-served (a directory, no reload); with them it gets a vhost
    file. A redirect of ``/`` leads the whole site elsewhere; with ``proxy`` another server answers for what isn't
    redirected, and the site has no PHP.
    A site that is ``suspended`` answers 410 (RFC 9110 section 15.5.11) and keeps all its files.

    The PHP of a site that needs a database finds its connection in the environment of its own processes:
    ``DB_CONNECTION``, ``DB_HOST``, ``DB_PORT``, ``DB_DATABASE``, ``DB_USERNAME``, ``DB_PASSWORD``, ``DATABASE_URL``.
    With ``https`` it answers HTTPS too, with the certificate that it needs; a newer one is taken in as it is given.

    Outputs: ``document_root``, an absolute path on the web host.
    """

    kind: ClassVar[str] = "site"
    has_outputs: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset({"database", "certificate"})

    name: str
    title: str = ""
    owner: str = ""
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    php: Php | None = None
    suspended: bool = False
    https: Https | None = None
    proxy: Proxy | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", normal_name(self.name))

    @property
    def identity(self) -> str:
        """What can exist once: the server name."""
        return self.name

    @property
    def needs_own_file(self) -> bool:
        """Whether directives are wanted that mass serving can't give."""
        return bool(self.redirects or self.headers or self.proxy)


@dataclass(frozen=True)
class Release:
    """An application's archive (zip, tar or tar.gz), unpacked as the document root of ``site``.

    ``sha256`` (lower-case hexadecimal) is the archive's; ``keep`` is how many releases before it stay, to switch back
    to. Gone means that the site shows what it showed before its first release.
    """

    kind: ClassVar[str] = "release"
    has_outputs: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()

    site: str
    sha256: str
    keep: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "site", normal_name(self.site))
        object.__setattr__(self, "sha256", self.sha256.lower())

    @property
    def identity(self) -> str:
        """What can exist once: ``antrean.example.test/release``."""
        return f"{self.site}/release"


@dataclass(frozen=True)
class Account:
    """The account with which the owner of ``site`` sends its files over SFTP, shut into the site's directory.

    ``keys`` are public keys as OpenSSH writes them (type and base64, without a comment), sorted. With ``recipient``
    (an age recipient, ``age1…``) it has a password too: the provider draws it and gives it away sealed to that
    recipient only, in the output ``password``. Another recipient means another password. Without keys and recipient it
    lets nobody in yet: its owner asks for a password, or gives keys, on the service's page.

    Outputs: ``user``, ``host``, ``port``, ``host_key``, and the sealed ``password`` where it has one.
    """

    kind: ClassVar[str] = "account"
    has_outputs: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()

    site: str
    keys: tuple[str, ...] = ()
    recipient: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "site", normal_name(self.site))
        object.__setattr__(self, "keys", tuple(sorted(" ".join(key.split()[:2]) for key in self.keys)))

    @property
    def identity(self) -> str:
        """What can exist once: ``antrean.example.test/account``."""
        return f"{self.site}/account"


def site_from_json(data: Mapping[str, Any]) -> Site:
    """The site that ``spec_to_json`` wrote; what an older version didn't know has its default."""
    redirects = tuple(Redirect(**redirect) for redirect in data.get("redirects", ()))
    headers = tuple((name, value) for name, value in data.get("headers", ()))
    told = {key: _made(kind, data.get(key)) for key, kind in (("php", Php), ("https", Https), ("proxy", Proxy))}
    return Site(**{**data, "redirects": redirects, "headers": headers, **told})


def _made(kind: Callable[..., Any], value: Mapping[str, Any] | None) -> Any:
    return None if value is None else kind(**value)


def release_from_json(data: Mapping[str, Any]) -> Release:
    """The release that ``spec_to_json`` wrote."""
    return Release(**data)


def account_from_json(data: Mapping[str, Any]) -> Account:
    """The account that ``spec_to_json`` wrote."""
    return Account(**{**data, "keys": tuple(data["keys"])})
