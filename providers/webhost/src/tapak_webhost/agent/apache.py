"""Apache: site files, tests and graceful reloads."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from tapak_webhost.agent import files, listeners
from tapak_webhost.agent.config import Config
from tapak_webhost.agent.names import MARKER_NAME
from tapak_webhost.agent.protocol import (
    DIRECTIVE_REFUSED,
    INVALID_SPEC,
    RELOAD_UNPROVED,
    SERVER_BROKEN,
    AgentError,
)
from tapak_webhost.agent.spec import SiteSpec

LONGEST_COMMAND = 30.0

_MARKER = re.compile(r'X-Tapak-Generation "(\d{1,18})"')
_COMPLAINT = re.compile(r"Syntax error on line (\d+) of ([^\n]+?):\s*([^\n]*)")

_SITE = """\
# Written by tapak-webhost: change the site there, not here.
<VirtualHost {address}>
    ServerName {name}
    UseCanonicalName Off
    DocumentRoot {root}
    Header always set X-Tapak-Site {proof}
{directives}</VirtualHost>
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

    def __init__(self, config: Config) -> None:
        self._config = config

    def site_file(self, name: str) -> str:
        return f"site-{name}.conf"

    def site_text(self, spec: SiteSpec) -> str:
        lines = [f'    Header always set "{name}" {_quoted(value.replace("%", "%%"))}' for name, value in spec.headers]
        # The first match wins, so longer paths stand first.
        for redirect in sorted(spec.redirects, key=lambda redirect: -len(redirect.path)):
            lines.append(f"    Redirect {redirect.status} {_quoted(redirect.path)} {_quoted(redirect.target)}")
        return _SITE.format(
            address=self._config.vhost_address,
            name=spec.name,
            root=_quoted(str(self._config.web_dir / "sites" / spec.name / "public")),
            proof=_quoted(f"{spec.name}; served=vhost"),
            directives="".join(f"{line}\n" for line in lines),
        )

    def marker_text(self, generation: int) -> str:
        return _MARKER_SITE.format(address=self._config.vhost_address, name=MARKER_NAME, generation=generation)

    def marker_generation(self, text: str) -> int:
        found = _MARKER.search(text)
        return int(found[1]) if found else 0

    def version(self) -> str:
        done = self._run([str(self._config.apache), "-v"], time.monotonic() + 5)
        return done.stdout.partition("\n")[0].removeprefix("Server version: ").strip()

    def running(self) -> bool:
        return self._pid() is not None

    def test(self, deadline: float) -> None:
        info = f"LoadModule info_module {_quoted(str(self._config.info_module))}"
        found = self._test(self._config.apache_conf, deadline, SERVER_BROKEN, "-C", info, "-D", "DUMP_CONFIG")
        pid = self._pid()
        if pid is not None:
            listeners.check(found, pid)

    def test_alone(self, text: str, deadline: float) -> None:
        state = self._config.state_dir
        parts = {
            "directory": _quoted(str(state)),
            "pid_file": _quoted(str(state / "candidate.pid")),
            "log": _quoted(str(state / "candidate.log")),
            "modules": _quoted(str(self._config.modules_conf)),
            "candidate": _quoted(str(state / "candidate-site.conf")),
        }
        with files.directory(state) as at:
            files.replace(at, "candidate-site.conf", text.encode(), durable=False)
            files.replace(at, "candidate.conf", _ALONE.format(**parts).encode(), durable=False)
        self._test(state / "candidate.conf", deadline, DIRECTIVE_REFUSED)

    def reload(self, deadline: float) -> None:
        command = list(self._config.reload_command) or [*self._with(self._config.apache_conf), "-k", "graceful"]
        done = self._run(command, deadline)
        if done.returncode:
            raise AgentError(RELOAD_UNPROVED, f"reload failed: {_short(done.stderr or done.stdout)}")

    def _pid(self) -> int | None:
        try:
            pid = int(self._config.pid_file.read_text())
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError, OverflowError):
            return None
        except PermissionError:
            return pid
        return pid

    def _with(self, conf: Path) -> list[str]:
        return [str(self._config.apache), "-f", str(conf)]

    def _test(self, conf: Path, deadline: float, code: str, *more: str) -> str:
        done = self._run([*self._with(conf), *more, "-t"], deadline)
        if done.returncode:
            raise AgentError(code, _short(done.stderr or done.stdout), **_where(done.stderr))
        return done.stdout

    def _run(self, command: list[str], deadline: float) -> subprocess.CompletedProcess[str]:
        """The words of ``command`` come from the agent's own settings; no part of a request is among them."""
        left = min(deadline - time.monotonic(), LONGEST_COMMAND)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}
        try:
            return subprocess.run(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=max(left, 0.01),
                check=False,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            raise AgentError(
                RELOAD_UNPROVED, f"{Path(command[0]).name} took longer than {max(left, 0):.1f} s"
            ) from None
        except OSError as error:
            raise AgentError(SERVER_BROKEN, f"{command[0]} can't be run: {error.strerror}") from None


def _quoted(value: str) -> str:
    """One argument of a directive; what could end or expand it was refused before and is refused here again."""
    if not value.isprintable() or set(value) & set('"\\') or "${" in value:
        raise AgentError(INVALID_SPEC, "a value can't be written into a directive", field="headers")
    return f'"{value}"'


def _where(complaint: str) -> dict[str, str | int]:
    found = _COMPLAINT.search(complaint)
    if found is None:
        return {"reason": _short(complaint)}
    return {"line": int(found[1]), "file": found[2], "reason": found[3][:200]}


def _short(output: str) -> str:
    return " ".join(output.split())[:400]
