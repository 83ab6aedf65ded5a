"""An Apache of our own on loopback: mass-served sites, and one file per site that needs its own directives.

The first virtual host answers every name that no other one claims, from ``sites/<name>/public``: making the directory
is all it takes, and a name without a directory gets 404.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tapak.demo.servers.process import Daemon, binary
from tapak.demo.servers.web import WebServer

MODULES = (
    "mpm_event",
    "authz_core",
    "dir",
    "mime",
    "alias",
    "headers",
    "rewrite",
    "vhost_alias",
    "proxy",
    "proxy_fcgi",
    "proxy_http",
    "ssl",
)
MODULES_DIR = Path("/usr/lib/apache2/modules")

_SERVER = """\
ServerRoot "{directory}"
DefaultRuntimeDir "{run}"
PidFile "{pid_file}"
Mutex file:{run} default
ServerName tapak-demo.invalid
Listen 127.0.0.1:{port}
{listen}Include "{directory}/modules.conf"

StartServers 1
ServerLimit 8
ThreadsPerChild 32
MinSpareThreads 32
MaxSpareThreads 96
MaxRequestWorkers 128
Timeout 20
KeepAliveTimeout 5
UseCanonicalName Off
ServerTokens Prod
ServerSignature Off
TraceEnable Off
FileETag MTime Size
TypesConfig /etc/mime.types
AddDefaultCharset utf-8
DirectoryIndex index.php index.html
EnableMMAP Off

ErrorLog "{logs}/error.log"
LogLevel warn
ErrorLogFormat "[%{{u}}t] [%m:%l] [pid %P] [host %V] %E: [client %a] %M"
LogFormat "%V:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" vhost_combined
CustomLog "{logs}/access.log" vhost_combined

<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory "{sites}">
    Options None
    Require all granted
    <If "-e '{suspended}/%{{SERVER_NAME}}'">
        Redirect 410 /
    </If>
    <FilesMatch "\\.(?i:php[0-9]?|phar|phtml)$">
        SetHandler "proxy:unix:{sockets}/%{{SERVER_NAME}}.sock|fcgi://localhost/"
    </FilesMatch>
</Directory>
<DirectoryMatch "^{sites}/[^/]+/(public|arriving)/(.*/)?\\.(?!well-known(/|$))">
    Require all denied
</DirectoryMatch>
<FilesMatch "^\\.">
    Require all denied
</FilesMatch>

<VirtualHost *:{port}>
    ServerName mass.invalid
    VirtualDocumentRoot "{sites}/%0/public"
    RewriteEngine On
{https}    RewriteCond "{switching}/%{{SERVER_NAME}}" -f
    RewriteCond "%{{REQUEST_URI}}" "!\\.(?i:php[0-9]?|phar|phtml)(/|$)"
    RewriteRule "^/(.*)" "{sites}/%{{SERVER_NAME}}/arriving/$1" [L]
    Header always set X-Tapak-Site "expr=%{{SERVER_NAME}}; served=mass"
</VirtualHost>
IncludeOptional "{vhosts}/*.conf"
"""


_HTTPS = """\
    RewriteCond "{web}/https/%{{SERVER_NAME}}" -f
    RewriteCond "{web}/suspended/%{{SERVER_NAME}}" !-f
    RewriteRule "^" "https://%{{SERVER_NAME}}:{port}%{{REQUEST_URI}}" [R=308,L]
"""


@dataclass(frozen=True)
class ApacheServer(WebServer):
    """One Apache."""

    kind = "apache"
    program = "apache2"

    @property
    def modules(self) -> Path:
        """The file that loads the modules which a site's own file may use."""
        return self.directory / "modules.conf"

    @property
    def daemon(self) -> Daemon:
        argv = [binary(self.program), "-f", str(self.config), "-DFOREGROUND"]
        return Daemon("apache", self.directory, argv, user=self.user)

    def configure(self) -> None:
        modules = "".join(f"LoadModule {name}_module {MODULES_DIR}/mod_{name}.so\n" for name in MODULES)
        self.modules.write_text(modules)
        super().configure()

    def configuration(self) -> str:
        return _SERVER.format(
            directory=self.directory,
            run=self.directory / "run",
            pid_file=self.pid_file,
            logs=self.directory / "logs",
            sites=self.sites,
            suspended=self.suspended,
            switching=self.switching,
            sockets=self.sockets,
            vhosts=self.vhosts,
            port=self.port,
            listen=f"Listen 127.0.0.1:{self.tls_port} https\n" if self.tls_port else "",
            https=_HTTPS.format(port=self.tls_port, web=self.web) if self.tls_port else "",
        )

    def agent_settings(self) -> Mapping[str, object]:
        return {
            "vhost_address": f"*:{self.port}",
            "modules_conf": str(self.modules),
            "info_module": str(MODULES_DIR / "mod_info.so"),
        }
