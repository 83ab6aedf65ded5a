"""An Nginx of our own on loopback: mass-served sites, and one file per site that needs its own directives.

The first server answers every name that no other one claims, from ``sites/<name>/public``: making the directory is all
it takes, and a name without a directory gets 404.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass

from tapak.demo.servers.process import Daemon, binary
from tapak.demo.servers.web import WebServer

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

_SERVER = """\
{user}
worker_processes 1;
pid "{pid_file}";
error_log "{logs}/error.log" warn;
events {{ worker_connections 512; }}
http {{
    {temporary}
    types_hash_max_size 2048;
    server_names_hash_max_size 32768;
    server_names_hash_bucket_size 256;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    charset utf-8;
    server_tokens off;
    port_in_redirect off;
    keepalive_timeout 5;
    log_not_found off;
    log_format vhost_combined '$host:$server_port $remote_addr - $remote_user [$time_local] "$request" $status '
                              '$bytes_sent "$http_referer" "$http_user_agent"';
    access_log "{logs}/access.log" vhost_combined;

    server {{
        listen 127.0.0.1:{port} default_server;
{listen}        server_name "~^(?<tapak_site>[a-z0-9][a-z0-9.-]*)$";
        root "{sites}/$tapak_site/public";
        index index.php index.html;
        disable_symlinks on from="{sites}";
        add_header X-Tapak-Site "$tapak_site; served=mass" always;
        if (-e "{suspended}/$tapak_site") {{ return 410; }}
{https}        location ~ "/\\.(?!well-known(?:/|$))" {{ return 403; }}
        location ~ "\\.(?i:php[0-9]?|phar|phtml)$" {{
            try_files $uri =404;
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass "unix:{sockets}/$tapak_site.sock";
            client_max_body_size 1025m;
        }}
    }}
    include "{vhosts}/*.conf";
}}
"""


_LISTEN = """\
        listen 127.0.0.1:{port} ssl default_server;
        ssl_certificate "{web}/tls/$ssl_server_name.pem";
        ssl_certificate_key "{web}/tls/$ssl_server_name.pem";
"""
# What was asked for under another name than the handshake's gets 421 (RFC 9110 section 15.5.20).
_HTTPS = """\
        set $tapak_asked "$host";
        if ($https) {{ set $tapak_asked "$ssl_server_name"; }}
        if ($tapak_asked != "$host") {{ return 421; }}
        set $tapak_way "";
        if (-f "{web}/https/$tapak_site") {{ set $tapak_way "$scheme"; }}
        if ($tapak_way = "http") {{ return 308 "https://$tapak_site:{port}$request_uri"; }}
        set $tapak_hsts "";
        if (-f "{web}/hsts_day/$tapak_site") {{ set $tapak_hsts "max-age=86400"; }}
        if (-f "{web}/hsts_year/$tapak_site") {{ set $tapak_hsts "max-age=31536000"; }}
        if ($https = "") {{ set $tapak_hsts ""; }}
        add_header Strict-Transport-Security $tapak_hsts always;
"""


@dataclass(frozen=True)
class NginxServer(WebServer):
    """One Nginx."""

    kind = "nginx"
    program = "nginx"

    @property
    def daemon(self) -> Daemon:
        error_log = str(self.directory / "logs" / "error.log")
        argv = [binary(self.program), "-e", error_log, "-c", str(self.config), "-g", "daemon off;"]
        return Daemon("nginx", self.directory, argv, user=self.user, stop_signal=signal.SIGQUIT)

    def configuration(self) -> str:
        run = self.directory / "run"
        return _SERVER.format(
            # Without it a test of the configuration by root would give the temporary folders to nobody.
            user=f"user {self.user};" if os.geteuid() == 0 else "",
            run=run,
            pid_file=self.pid_file,
            logs=self.directory / "logs",
            temporary=" ".join(f'{kind}_temp_path "{run}/{kind}";' for kind in TEMPORARY),
            sites=self.sites,
            suspended=self.suspended,
            sockets=self.sockets,
            vhosts=self.vhosts,
            port=self.port,
            listen=_LISTEN.format(port=self.tls_port, web=self.web) if self.tls_port else "",
            https=_HTTPS.format(port=self.tls_port, web=self.web) if self.tls_port else "",
        )

    def agent_settings(self) -> Mapping[str, object]:
        return {"vhost_address": f"127.0.0.1:{self.port}"}
