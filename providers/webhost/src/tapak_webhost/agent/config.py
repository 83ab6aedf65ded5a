"""The agent's own settings on its host: one TOML file that an operator writes."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapak_webhost.agent.protocol import BAD_CONFIG, AgentError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

APACHE = "apache"
NGINX = "nginx"

_PATHS = ("web_dir", "vhost_dir", "state_dir", "access_log", "program", "main_conf", "pid_file")
_APACHE_PATHS = ("modules_conf", "info_module")
_WORDS = ("server", "address", "vhost_address")
_OPTIONAL = ("reload_command", "web_group", "php", "sftp", "tls", "proxy", "error_log")


@dataclass(frozen=True)
class ApacheModules:
    """``conf`` loads the modules that a site's file may use; ``info`` tells what the whole configuration opens."""

    conf: Path
    info: Path


@dataclass(frozen=True)
class PhpFpm:
    """``program`` is php-fpm; sites' sockets lie in ``socket_dir`` as ``<name>.sock``."""

    program: Path
    socket_dir: Path


@dataclass(frozen=True)
class Sftp:
    """Accounts log in at ``address``, whose sshd reads ``keys_dir``; ``host_key`` is its public key's file."""

    address: tuple[str, int]
    host_key: Path
    keys_dir: Path


@dataclass(frozen=True)
class TlsListener:
    """HTTPS is answered where ``listen`` says (as ``vhost_address``); the public reaches it at ``public_port``."""

    listen: str
    public_port: int = 443

    def reached(self, host: str) -> tuple[str, int]:
        """Where the agent itself asks it: at its own address, or at ``host`` where it listens at every one."""
        address, _, port = self.listen.rpartition(":")
        address = address.strip("[]")
        return (host if address in ("", "*", "0.0.0.0", "::") else address), int(port)  # noqa: S104


@dataclass(frozen=True)
class Proxied:
    """Sites may be other servers' that are in these ``networks``."""

    networks: tuple[Network, ...]


@dataclass(frozen=True)
class Config:
    """Where things are on this host.

    ``web_dir`` holds ``sites``, ``staging``, ``removed`` and ``suspended`` on one file system. ``address`` (host:port)
    is where the agent itself asks the server; ``vhost_address`` stands in ``<VirtualHost …>`` or ``listen``.
    ``program`` and ``main_conf`` are the server's; ``reload_command`` replaces its own way to reload. ``modules`` is
    there for Apache only, ``php``, ``sftp``, ``tls`` and ``proxy`` where the host offers them. Through the group
    ``web_group`` the web server reads what belongs to a site's own user. Of ``error_log`` a site's unit is told the
    lines about it.
    """

    server: str
    web_dir: Path
    vhost_dir: Path
    state_dir: Path
    access_log: Path
    address: tuple[str, int]
    vhost_address: str
    program: Path
    main_conf: Path
    pid_file: Path
    reload_command: tuple[str, ...] = ()
    modules: ApacheModules | None = None
    web_group: str = ""
    php: PhpFpm | None = None
    sftp: Sftp | None = None
    tls: TlsListener | None = None
    proxy: Proxied | None = None
    error_log: Path | None = None


def load(path: Path) -> Config:
    """The settings in ``path``.

    Raises:
        AgentError: the file can't be read, or a setting is missing, unknown or wrong; tells which.
    """
    try:
        with path.open("rb") as stream:
            found = tomllib.load(stream)
    except OSError as error:
        raise AgentError(BAD_CONFIG, f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise AgentError(BAD_CONFIG, f"{path}: {error}") from None
    try:
        return _config(found)
    except ValueError as error:
        raise AgentError(BAD_CONFIG, f"{path}: {error}") from None


def _config(found: Mapping[str, Any]) -> Config:
    words = {key: _word(found, key) for key in _WORDS}
    server = words["server"]
    if server not in {APACHE, NGINX}:
        raise ValueError("server must be apache or nginx")
    own = _APACHE_PATHS if server == APACHE else ()
    _known(found, {*_PATHS, *_WORDS, *own, *_OPTIONAL}, "")
    return Config(
        server=server,
        address=_address(words["address"]),
        vhost_address=words["vhost_address"],
        reload_command=_command(found.get("reload_command", [])),
        modules=ApacheModules(*(_path(found, key) for key in own)) if own else None,
        web_group=_word(found, "web_group") if "web_group" in found else "",
        php=_php(found["php"]) if "php" in found else None,
        sftp=_sftp(found["sftp"]) if "sftp" in found else None,
        tls=_tls(found["tls"]) if "tls" in found else None,
        proxy=_proxy(found["proxy"]) if "proxy" in found else None,
        error_log=_path(found, "error_log") if "error_log" in found else None,
        **{key: _path(found, key) for key in _PATHS},
    )


def _php(found: Any) -> PhpFpm:
    if not isinstance(found, dict):
        raise ValueError("php must be a table")
    _known(found, {"program", "socket_dir"}, "php.")
    return PhpFpm(_path(found, "program"), _path(found, "socket_dir"))


def _sftp(found: Any) -> Sftp:
    if not isinstance(found, dict):
        raise ValueError("sftp must be a table")
    _known(found, {"address", "host_key", "keys_dir"}, "sftp.")
    return Sftp(_address(_word(found, "address")), _path(found, "host_key"), _path(found, "keys_dir"))


def _tls(found: Any) -> TlsListener:
    if not isinstance(found, dict):
        raise ValueError("tls must be a table")
    _known(found, {"listen", "public_port"}, "tls.")
    port = found.get("public_port", 443)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise ValueError("tls.public_port must be a port")
    return TlsListener(_word(found, "listen"), port)


def _proxy(found: Any) -> Proxied:
    if not isinstance(found, dict):
        raise ValueError("proxy must be a table")
    _known(found, {"networks"}, "proxy.")
    given = found.get("networks")
    if not isinstance(given, list) or not given or not all(isinstance(each, str) for each in given):
        raise ValueError("proxy.networks must be a list of networks")
    return Proxied(tuple(ipaddress.ip_network(each) for each in given))


def _known(found: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = found.keys() - allowed
    if unknown:
        raise ValueError(f"unknown setting {', '.join(f'{where}{key}' for key in sorted(unknown))}")


def _word(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or not value or not value.isprintable() or set(value) & set('"\\<>{};$ '):
        raise ValueError(f"{key} must be a word")
    return value


def _path(found: Mapping[str, Any], key: str) -> Path:
    value = found.get(key)
    if not isinstance(value, str) or not value.startswith("/") or not value.isprintable() or set(value) & set('"\\$'):
        raise ValueError(f"{key} must be an absolute path")
    return Path(value)


def _address(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("address must be host:port")
    return host.strip("[]"), int(port)


def _command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError("reload_command must be a list of strings")
    return tuple(value)
