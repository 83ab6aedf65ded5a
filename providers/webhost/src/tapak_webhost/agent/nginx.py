"""Nginx: site files, tests and reloads."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

from tapak_webhost.agent import commands, files, listeners, nginx_dump
from tapak_webhost.agent.config import Config
from tapak_webhost.agent.names import MARKER_NAME
from tapak_webhost.agent.protocol import (
    DIRECTIVE_REFUSED,
    INVALID_SPEC,
    RELOAD_UNPROVED,
    SERVER_BROKEN,
    AgentError,
)
from tapak_webhost.agent.spec import CLEARED, PROOF, ProxySpec, Redirect, SiteSpec, hsts_value, shown_port

_MARKER = re.compile(r'X-Tapak-Generation "(\d{1,18})"')
_COMPLAINT = re.compile(r"\[(?:emerg|crit|alert)\] (?:\d+#\d+: )?([^\n]*)")
_PLACE = re.compile(r"(.*) in (/[^\n]*):(\d+)")
# A dollar begins a variable in every string of Nginx, and nothing escapes it.
_DOLLAR = "${tapak_dollar}"
_GEO = 'geo $tapak_dollar { default "$"; }\n'

_SITE = """\
# Written by tapak-webhost: change the site there, not here.
server {{
    listen {address};
    server_name {name};
    root {root};
    index index.php index.html;
    port_in_redirect off;
    disable_symlinks on from={root};
    add_header X-Tapak-Site {proof} always;
{headers}
    if (-e {suspended}) {{ return 410; }}
{https}{content}}}
"""
_FILES = """\
    location ~ "/\\.(?!well-known(?:/|$))" {{ return 403; }}
{redirects}    location ~ "\\.(?i:php[0-9]?|phar|phtml)$" {{
{php}    }}
"""
_PROXY = """\
    set $tapak_upgrade "";
    set $tapak_connection "";
    if ($http_upgrade ~* "^websocket$") {{ set $tapak_upgrade "websocket"; set $tapak_connection "upgrade"; }}
{redirects}    location / {{
        client_max_body_size {upload}m;
        proxy_pass "{url}";
        proxy_http_version 1.1;
        proxy_set_header Upgrade $tapak_upgrade;
        proxy_set_header Connection $tapak_connection;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
{cleared}{hidden}        proxy_ignore_headers X-Accel-Redirect X-Accel-Limit-Rate X-Accel-Charset;
        proxy_connect_timeout 5s;
        proxy_read_timeout {seconds}s;
        proxy_send_timeout {seconds}s;
    }}
"""
_PHP = """\
        try_files $uri =404;
        include /etc/nginx/fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_pass {socket};
        client_max_body_size {upload}m;
"""
# Read by name at each handshake: a newer certificate needs no reload, and a missing one fails nobody else's test.
_HTTPS = """\
    listen {listen} ssl;
    ssl_certificate {certificate}$ssl_server_name.pem";
    ssl_certificate_key {certificate}$ssl_server_name.pem";
    set $tapak_hsts "";
    if ($https) {{ set $tapak_hsts "{hsts}"; }}
    add_header Strict-Transport-Security $tapak_hsts always;
"""
_UPGRADE = '    if ($https = "") {{ return 308 "https://{name}{port}$request_uri"; }}\n'
_NO_PHP = "        return 403;\n"
# The rest of the path is taken as the client sent it: decoded, it could hold the end of a header's line.
_REDIRECT = """\
    location ~ "^{path}{end}" {{
        if ($request_uri ~ "^{path}{rest}$") {{ return {status} {followed}; }}
        return {status} {target};
    }}
"""
_MARKER_SITE = """\
# Written by tapak-webhost: by this number it sees that a reload took place.
{geo}server {{
    listen {address};
    server_name {name};
    add_header X-Tapak-Generation "{generation}" always;
    access_log off;
    return 404;
}}
"""
_ALONE = """\
pid {directory}/candidate.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    server_names_hash_bucket_size 512;
    {temp}
    {geo}
    include {candidate};
}}
"""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx:
    """The Nginx that ``config`` describes."""

    marker_file = "tapak-generation.conf"
    looks_first = False

    def __init__(self, config: Config) -> None:
        self._config = config

    def site_file(self, name: str) -> str:
        return f"site-{name}.conf"

    def site_text(self, spec: SiteSpec, certificate: str) -> str:
        web = self._config.web_dir
        # The first match wins, so longer paths stand first.
        moved = "".join(map(_redirect, sorted(spec.redirects, key=lambda redirect: -len(redirect.path))))
        return _SITE.format(
            address=self._config.vhost_address,
            name=_quoted(spec.name),
            root=_quoted(str(web / "sites" / spec.name / "public")),
            suspended=_quoted(str(web / "suspended" / spec.name)),
            proof=_quoted(f"{spec.name}; served=vhost"),
            headers="".join(f"    add_header {_quoted(key)} {_quoted(value)} always;\n" for key, value in spec.headers),
            https=self._https(spec),
            content=_PROXY.format(**_proxy(spec, spec.proxy), redirects=moved)
            if spec.proxy
            else _FILES.format(redirects=moved, php=self._php(spec)),
        )

    def line_text(self, line: str, names: Sequence[str], certificate: str) -> str | None:
        return None

    def marker_text(self, generation: int) -> str:
        return _MARKER_SITE.format(
            geo=_GEO, address=self._config.vhost_address, name=_quoted(MARKER_NAME), generation=generation
        )

    def marker_generation(self, text: str) -> int:
        found = _MARKER.search(text)
        return int(found[1]) if found else 0

    def version(self) -> str:
        done = commands.run([str(self._config.program), "-v"], time.monotonic() + 5)
        return done.stderr.strip().removeprefix("nginx version: ")

    def running(self) -> bool:
        return commands.living(self._config.pid_file) is not None

    def test(self, deadline: float, name: str = "") -> None:
        done = self._test(self._config.main_conf, deadline, SERVER_BROKEN, "-T")
        # Of two blocks with the same name the first one wins, and the test passes.
        if name and f'conflicting server name "{name}"' in done.stderr:
            file, line = nginx_dump.claimed(done.stdout, name, self.site_file(name))
            reason = f"another server block has the name {name}"
            raise AgentError(SERVER_BROKEN, f"{reason} ({file} line {line})", file=file, line=line, reason=reason)
        pid = commands.living(self._config.pid_file)
        if pid is not None:
            listeners.check(nginx_dump.listeners(done.stdout), pid)

    def test_alone(self, text: str, deadline: float) -> None:
        state = self._config.state_dir
        temp = " ".join(f"{kind}_temp_path {_quoted(str(state / 'candidate-temp'))};" for kind in _TEMPORARY)
        alone = _ALONE.format(
            directory=state, temp=temp, geo=_GEO, candidate=_quoted(str(state / "candidate-site.conf"))
        )
        with files.directory(state) as at:
            files.replace(at, "candidate-site.conf", text.encode(), durable=False)
            files.replace(at, "candidate.conf", alone.encode(), durable=False)
        self._test(state / "candidate.conf", deadline, DIRECTIVE_REFUSED, "-t")

    def reload(self, deadline: float) -> None:
        before = self._accepting()
        command = list(self._config.reload_command) or [*self._with(self._config.main_conf), "-s", "reload"]
        done = commands.run(command, deadline)
        if done.returncode:
            raise AgentError(RELOAD_UNPROVED, f"reload failed: {commands.short(done.stderr or done.stdout)}")
        # New workers serve beside the old ones for a tenth of a second: only then are those told to go.
        while before & self._accepting():
            if time.monotonic() >= deadline:
                raise AgentError(RELOAD_UNPROVED, "the workers of the old configuration go on")
            time.sleep(0.005)

    def _https(self, spec: SiteSpec) -> str:
        if spec.https is None or self._config.tls is None:
            return ""
        tls = self._config.tls
        place = _quoted(f"{self._config.web_dir / 'tls'}/").removesuffix('"')
        made = _HTTPS.format(listen=tls.listen, certificate=place, hsts=hsts_value(spec.https.hsts))
        upgrade = _UPGRADE.format(name=spec.name, port=shown_port(tls.public_port))
        return made + (upgrade if spec.https.redirect else "")

    def _php(self, spec: SiteSpec) -> str:
        """PHP's source is shown at no site, whether it has PHP or not."""
        if self._config.php is None:
            return _NO_PHP
        socket = _quoted(f"unix:{self._config.php.socket_dir / spec.name}.sock")
        # What a form has beside the file counts as well.
        return _PHP.format(socket=socket, upload=spec.php.upload + 1 if spec.php else 1)

    def _accepting(self) -> set[int]:
        """The workers that take connections; empty where the kernel doesn't tell."""
        master = commands.living(self._config.pid_file)
        found = set()
        with contextlib.suppress(OSError):
            for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split():
                with contextlib.suppress(OSError):
                    title = Path(f"/proc/{pid}/cmdline").read_bytes()
                    if title and b"shutting down" not in title:
                        found.add(int(pid))
        return found

    def _with(self, conf: object) -> list[str]:
        return [str(self._config.program), "-e", "stderr", "-c", str(conf)]

    def _test(self, conf: object, deadline: float, code: str, how: str) -> commands.Done:
        done = commands.run([*self._with(conf), how], deadline)
        if done.returncode:
            raise AgentError(code, commands.short(done.stderr), **_where(done.stderr))
        return done


def _proxy(spec: SiteSpec, proxy: ProxySpec) -> dict[str, object]:
    """Of what the other server sends only our word counts on who serves, and how."""
    hidden = [PROOF, *(["Strict-Transport-Security"] if spec.https else []), *(name for name, _ in spec.headers)]
    return {
        "url": proxy.url,
        "upload": proxy.upload,
        "seconds": proxy.seconds,
        "cleared": "".join(f'        proxy_set_header {name} "";\n' for name in CLEARED),
        "hidden": "".join(f'        proxy_hide_header "{name}";\n' for name in hidden),
    }


def _redirect(redirect: Redirect) -> str:
    """As Apache's ``Redirect``: what follows the path in the request follows the target in the answer."""
    path = redirect.path.replace(".", "\\.")
    rest = "(?<tapak_rest>[!-~]*)" if path.endswith("/") else "(?<tapak_rest>[/?][!-~]*)"
    target = _quoted(redirect.target)
    followed = target if "?" in redirect.target else f'{target[:-1]}$tapak_rest"'
    end = "" if path.endswith("/") else "(?:/|$)"
    return _REDIRECT.format(path=path, end=end, rest=rest, status=redirect.status, target=target, followed=followed)


def _quoted(value: str) -> str:
    """One argument of a directive; what could end it was refused before and is refused here again."""
    if not value.isprintable() or not value.isascii() or set(value) & set('"\\'):
        raise AgentError(INVALID_SPEC, "a value can't be written into a directive", field="headers")
    return f'"{value.replace("$", _DOLLAR)}"'


def _where(complaint: str) -> dict[str, str | int]:
    told = _COMPLAINT.search(complaint)
    reason = told[1] if told else commands.short(complaint)
    found = _PLACE.fullmatch(reason)
    if found is None:
        return {"reason": reason[:200]}
    return {"line": int(found[3]), "file": found[2], "reason": found[1][:200]}
