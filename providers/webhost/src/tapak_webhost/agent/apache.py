"""Apache: site files, tests and graceful reloads."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from tapak_webhost.agent import apache_dump, commands, files, listeners
from tapak_webhost.agent.config import Config
from tapak_webhost.agent.names import MARKER_NAME
from tapak_webhost.agent.protocol import (
    DIRECTIVE_REFUSED,
    INVALID_SPEC,
    RELOAD_UNPROVED,
    SERVER_BROKEN,
    AgentError,
)
from tapak_webhost.agent.spec import CLEARED, PROOF, ProxySpec, SiteSpec, hsts_value, shown_port

_MARKER = re.compile(r'X-Tapak-Generation "(\d{1,18})"')
_COMPLAINT = re.compile(r"Syntax error on line (\d+) of ([^\n]+?):\s*([^\n]*)")

_HEAD = "# Written by tapak-webhost: change the site there, not here.\n"
_SITE = """\
<VirtualHost {address}>
    ServerName {name}
    UseCanonicalName Off
    DocumentRoot {root}
    Header always set X-Tapak-Site {proof}
{https}    <IfModule rewrite_module>
        RewriteEngine On
        RewriteCond {suspended} -f
        RewriteRule "^" "-" [R=410,L]
{upgrade}{before}    </IfModule>
{directives}</VirtualHost>
"""
_DETOUR = """\
        RewriteCond {switching} -f
        RewriteCond "%{{REQUEST_URI}}" "!\\.(?i:php[0-9]?|phar|phtml)(/|$)"
{unmoved}        RewriteRule "^/(.*)" {arriving} [L]
"""
# LimitRequestBody doesn't count what goes on to another server; without a length nothing could be told in time.
_LIMIT = """\
        RewriteCond expr "req('Content-Length') -gt {upload}"
        RewriteRule "^" "-" [R=413,L]
        RewriteCond "%{{HTTP:Transfer-Encoding}}" "!^$"
        RewriteRule "^" "-" [R=411,L]
"""
# A worker that failed is asked again at once, or a server that is back would be away for another minute.
_PROXY = """\
    AllowEncodedSlashes NoDecode
    ProxyPreserveHost On
    ProxyAddHeaders Off
    RequestHeader set X-Forwarded-For "expr=%{{REMOTE_ADDR}}"
    RequestHeader set X-Forwarded-Proto "expr=%{{REQUEST_SCHEME}}"
{cleared}{hidden}{unmoved}    ProxyPass "/" "{url}/" nocanon upgrade=websocket retry=0 {limits}
    ProxyPassReverse "/" "{url}/"
"""
_HTTPS = """\
    # {certificate}
    SSLEngine on
    SSLCertificateFile {file}
"""
_UPGRADE = """\
        RewriteRule "^" "https://{name}{port}%{{REQUEST_URI}}" [R=308,L]
"""
_LINE = """\
# Written by tapak-webhost: the sites that share a certificate.
<VirtualHost {address}>
    ServerName {name}.invalid
    ServerAlias {names}
    UseCanonicalName Off
    VirtualDocumentRoot {root}
    Header always set X-Tapak-Site "expr=%{{SERVER_NAME}}; served=mass"
    Header always set Strict-Transport-Security "max-age=86400" {day}
    Header always set Strict-Transport-Security "max-age=31536000" {year}
{https}    RewriteEngine On
    RewriteCond {switching} -f
    RewriteCond "%{{REQUEST_URI}}" "!\\.(?i:php[0-9]?|phar|phtml)(/|$)"
    RewriteRule "^/(.*)" {arriving} [L]
</VirtualHost>
"""
_MARKER_SITE = """\
# Written by tapak-webhost: by this number it sees that a reload took place.
<VirtualHost {address}>
    ServerName {name}
    Header always set X-Tapak-Generation "{generation}"
    Redirect 404 /
</VirtualHost>
"""
_ALONE = """\
ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {pid_file}
ErrorLog {log}
ServerName candidate.invalid
Include {modules}
Include {candidate}
"""


class Apache:
    """The Apache that ``config`` describes."""

    marker_file = "tapak-generation.conf"
    looks_first = True

    def __init__(self, config: Config) -> None:
        assert config.modules is not None
        self._config = config
        self._modules = config.modules

    def site_file(self, name: str) -> str:
        return f"site-{name}.conf"

    def site_text(self, spec: SiteSpec, certificate: str) -> str:
        if spec.https is None or self._config.tls is None:
            return _HEAD + self._host(spec, self._config.vhost_address, "", "")
        tls, web = self._config.tls, self._config.web_dir
        https = _HTTPS.format(certificate=certificate, file=_quoted(str(web / "tls" / f"{spec.name}.pem")))
        hsts = hsts_value(spec.https.hsts)
        https += f'    Header always set Strict-Transport-Security "{hsts}"\n' if hsts else ""
        upgrade = _UPGRADE.format(name=spec.name, port=shown_port(tls.public_port)) if spec.https.redirect else ""
        plain = self._host(spec, self._config.vhost_address, "", upgrade)
        return _HEAD + plain + self._host(spec, tls.listen, https, "")

    def line_text(self, line: str, names: Sequence[str], certificate: str) -> str | None:
        if self._config.tls is None:
            return None
        web = self._config.web_dir
        return _LINE.format(
            address=self._config.tls.listen,
            name=line.removeprefix("~"),
            names=" ".join(names),
            root=_quoted(f"{web}/sites/%0/public"),
            https=_HTTPS.format(certificate=certificate, file=_quoted(str(web / "tls" / f"{line}.pem"))),
            day=_quoted(f"expr=-f '{web}/hsts_day/%{{SERVER_NAME}}'"),
            year=_quoted(f"expr=-f '{web}/hsts_year/%{{SERVER_NAME}}'"),
            switching=_quoted(f"{web}/switching/%{{SERVER_NAME}}"),
            arriving=_quoted(f"{web}/sites/%{{SERVER_NAME}}/arriving/$1"),
        )

    def _host(self, spec: SiteSpec, address: str, https: str, upgrade: str) -> str:
        web = self._config.web_dir
        lines = [f'    Header always set "{name}" {_quoted(value.replace("%", "%%"))}' for name, value in spec.headers]
        # The first match wins, so longer paths stand first.
        for redirect in sorted(spec.redirects, key=lambda redirect: -len(redirect.path)):
            lines.append(f"    Redirect {redirect.status} {_quoted(redirect.path)} {_quoted(redirect.target)}")
        if spec.proxy is not None:
            lines.append(_proxy(spec, spec.proxy))
        return _SITE.format(
            address=address,
            name=spec.name,
            https=https,
            upgrade=upgrade,
            root=_quoted(str(web / "sites" / spec.name / "public")),
            suspended=_quoted(str(web / "suspended" / spec.name)),
            before=self._detour(spec) if spec.proxy is None else _LIMIT.format(upload=spec.proxy.upload << 20),
            proof=_quoted(f"{spec.name}; served=vhost"),
            directives="".join(f"{line}\n" for line in lines),
        )

    def _detour(self, spec: SiteSpec) -> str:
        web = self._config.web_dir
        unmoved = [f'        RewriteCond "%{{REQUEST_URI}}" "!{_prefix(redirect.path)}"' for redirect in spec.redirects]
        return _DETOUR.format(
            switching=_quoted(str(web / "switching" / spec.name)),
            arriving=_quoted(f"{web / 'sites' / spec.name / 'arriving'}/$1"),
            unmoved="".join(f"{line}\n" for line in unmoved),
        )

    def marker_text(self, generation: int) -> str:
        return _MARKER_SITE.format(address=self._config.vhost_address, name=MARKER_NAME, generation=generation)

    def marker_generation(self, text: str) -> int:
        found = _MARKER.search(text)
        return int(found[1]) if found else 0

    def version(self) -> str:
        done = commands.run([str(self._config.program), "-v"], time.monotonic() + 5)
        return done.stdout.partition("\n")[0].removeprefix("Server version: ").strip()

    def running(self) -> bool:
        return commands.living(self._config.pid_file) is not None

    def test(self, deadline: float, name: str = "") -> None:
        info = f"LoadModule info_module {_quoted(str(self._modules.info))}"
        found = self._test(self._config.main_conf, deadline, SERVER_BROKEN, "-C", info, "-D", "DUMP_CONFIG")
        # Of two hosts with the same name the first one wins, and the test passes.
        file, line = apache_dump.claimed(found, name, self.site_file(name)) if name else ("", 0)
        if file:
            reason = f"another virtual host has the name {name}"
            raise AgentError(SERVER_BROKEN, f"{reason} ({file} line {line})", file=file, line=line, reason=reason)
        pid = commands.living(self._config.pid_file)
        if pid is not None:
            listeners.check(listeners.parse(found), pid)

    def test_alone(self, text: str, deadline: float) -> None:
        state = self._config.state_dir
        parts = {
            "directory": _quoted(str(state)),
            "pid_file": _quoted(str(state / "candidate.pid")),
            "log": _quoted(str(state / "candidate.log")),
            "modules": _quoted(str(self._modules.conf)),
            "candidate": _quoted(str(state / "candidate-site.conf")),
        }
        with files.directory(state) as at:
            files.replace(at, "candidate-site.conf", text.encode(), durable=False)
            files.replace(at, "candidate.conf", _ALONE.format(**parts).encode(), durable=False)
        self._test(state / "candidate.conf", deadline, DIRECTIVE_REFUSED)

    def reload(self, deadline: float) -> None:
        command = list(self._config.reload_command) or [*self._with(self._config.main_conf), "-k", "graceful"]
        done = commands.run(command, deadline)
        if done.returncode:
            raise AgentError(RELOAD_UNPROVED, f"reload failed: {commands.short(done.stderr or done.stdout)}")

    def _with(self, conf: Path) -> list[str]:
        return [str(self._config.program), "-f", str(conf)]

    def _test(self, conf: Path, deadline: float, code: str, *more: str) -> str:
        done = commands.run([*self._with(conf), *more, "-t"], deadline)
        if done.returncode:
            raise AgentError(code, commands.short(done.stderr or done.stdout), **_where(done.stderr))
        return done.stdout


def _proxy(spec: SiteSpec, proxy: ProxySpec) -> str:
    """What isn't redirected goes to the other server; of what it sends only our word counts on who serves, and how."""
    hidden = [PROOF, *(["Strict-Transport-Security"] if spec.https else []), *(name for name, _ in spec.headers)]
    return _PROXY.format(
        cleared="".join(f"    RequestHeader unset {name}\n" for name in CLEARED),
        hidden="".join(f'    Header onsuccess unset "{name}"\n' for name in hidden),
        unmoved="".join(f'    ProxyPass {_quoted(redirect.path)} "!"\n' for redirect in spec.redirects),
        url=proxy.url,
        limits=f"connectiontimeout=5 timeout={proxy.seconds}",
    ).rstrip("\n")


def _prefix(path: str) -> str:
    """A pattern for what ``Redirect`` takes; the path has letters, digits and ``._~-`` only."""
    return f"^{path.replace('.', '[.]')}{'' if path.endswith('/') else '(/|$)'}"


def _quoted(value: str) -> str:
    """One argument of a directive; what could end or expand it was refused before and is refused here again."""
    if not value.isprintable() or set(value) & set('"\\') or "${" in value:
        raise AgentError(INVALID_SPEC, "a value can't be written into a directive", field="headers")
    return f'"{value}"'


def _where(complaint: str) -> dict[str, str | int]:
    found = _COMPLAINT.search(complaint)
    if found is None:
        return {"reason": commands.short(complaint)}
    return {"line": int(found[1]), "file": found[2], "reason": found[3][:200]}
