"""PHP of sites: an FPM master of its own per site, since one broken pool takes down all that share a master.

What is to run is on disk (``php/<name>.conf``), and ``php/<name>.started`` names the settings that the running master
began with; so an agent or a host that died leaves nothing that :meth:`Php.ensure` can't bring up again.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from tapak_webhost.agent import commands, files
from tapak_webhost.agent.config import Config, PhpFpm
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.environment import Environment
from tapak_webhost.agent.protocol import INVALID_SPEC, RUNTIME_BROKEN, UNSUPPORTED, AgentError
from tapak_webhost.agent.spec import PhpSpec, php_from
from tapak_webhost.agent.users import Owner

LIMIT = 65_536
# unix(7): sun_path holds 108 bytes with the final zero.
LONGEST_SOCKET = 107
STOP_SECONDS = 5.0
# A little more than ``process_control_timeout`` below.
RELOAD_SECONDS = 12.0
READY = b"ready to handle connections"

# What starts programs, lends them an environment, or makes links: web servers follow a link that comes in between.
_DISABLED = "exec,passthru,shell_exec,system,proc_open,popen,pcntl_exec,dl,putenv,symlink,link"
_CONF = """\
; {limits}
; Written by tapak-webhost: change the site there, not here.
[global]
pid = "{state}/{name}.pid"
error_log = "{state}/{name}.log"
daemonize = yes
; A new release has the master exec itself: what is being answered ends first, what comes meanwhile waits.
process_control_timeout = 10s
[site]
{identity}
listen = "{socket}"
pm = ondemand
pm.max_children = 5
pm.process_idle_timeout = 10s
pm.max_requests = 500
request_terminate_timeout = {patience}s
security.limit_extensions = .php
clear_env = yes
php_admin_value[open_basedir] = "{root}/:{private}/tmp/:{private}/sessions/"
php_admin_value[upload_tmp_dir] = "{private}/tmp"
php_admin_value[sys_temp_dir] = "{private}/tmp"
php_admin_value[session.save_path] = "{private}/sessions"
php_admin_value[error_log] = "{private}/log/php.log"
php_admin_value[memory_limit] = {memory}M
php_admin_value[upload_max_filesize] = {upload}M
php_admin_value[post_max_size] = {post}M
php_admin_value[max_execution_time] = {seconds}
php_admin_value[disable_functions] = "{disabled}"
php_admin_value[mail.force_extra_parameters] = "-i"
php_admin_flag[allow_url_include] = off
php_admin_flag[expose_php] = off
php_admin_flag[log_errors] = on
php_flag[display_errors] = off
{environment}"""


class Php:
    """The FPM masters of this host; ``directory`` is ``php`` in the agent's state, held open."""

    def __init__(self, config: Config, directory: int) -> None:
        self._config = config
        self._directory = directory
        self._state = config.state_dir / "php"

    def offered(self) -> PhpFpm:
        """The host's FPM.

        Raises:
            AgentError: it offers none.
        """
        if self._config.php is None:
            raise AgentError(UNSUPPORTED, "this host offers no PHP", field="php")
        return self._config.php

    def standing(self, name: str) -> PhpSpec | None:
        """With which limits PHP is to run for the site ``name``; None where it isn't."""
        text = self.conf(name)
        if text is None:
            return None
        with contextlib.suppress(ValueError, AgentError):
            return php_from(json.loads(text.partition("\n")[0].removeprefix("; ")))
        return None

    def conf(self, name: str) -> str | None:
        """The site's FPM settings as they lie on disk."""
        content = files.read(self._directory, f"{name}.conf", LIMIT)
        return None if content is None else content.decode(errors="replace")

    def text(self, name: str, php: PhpSpec, owner: Owner, environment: Environment) -> str:
        """The FPM settings of a site, with what its processes find in their environment.

        Raises:
            AgentError: the host offers no PHP, or the name is too long for a socket.
        """
        socket_path = self.offered().socket_dir / f"{name}.sock"
        if len(os.fsencode(socket_path)) > LONGEST_SOCKET:
            raise AgentError(INVALID_SPEC, f"php: {name} is too long a name for a socket", field="php")
        # Whoever reaches the socket sets PHP's settings by FastCGI: the web server does, the site's own code must not.
        identity = f"user = {owner.name}\ngroup = {owner.gid}\nlisten.owner = root\nlisten.mode = 0660"
        return _CONF.format(
            limits=json.dumps(asdict(php)),
            state=self._state,
            name=name,
            identity=f"{identity}\nlisten.group = {self._config.web_group}" if owner.own else "listen.mode = 0660",
            socket=socket_path,
            root=self._config.web_dir / "sites" / name / "public",
            private=self._config.web_dir / "private" / name,
            patience=php.seconds + 5,
            memory=php.memory,
            upload=php.upload,
            post=php.upload + 1,
            seconds=php.seconds,
            disabled=_DISABLED,
            environment="".join(f'env[{key}] = "{value}"\n' for key, value in sorted(environment.items())),
        )

    def put(self, name: str, text: str | None, deadline: float) -> None:
        """Let ``text`` be the site's FPM settings (None: no PHP) and bring its master to that.

        Raises:
            AgentError: FPM refuses the settings (nothing is changed) or doesn't come up.
        """
        if text == self.conf(name) and (text is None or self._runs(name, text)):
            return
        if text is not None:
            self._test(text, deadline)
            files.replace(self._directory, f"{name}.conf", text.encode())
        crashpoint("php.written")
        self.stop(name)
        if text is not None:
            self._start(name, text, deadline)
            return
        files.remove(self._directory, f"{name}.conf")

    def write(self, name: str, text: str) -> None:
        """Let ``text`` be the site's FPM settings without starting anything: the site is suspended."""
        files.replace(self._directory, f"{name}.conf", text.encode())

    def try_program(self, deadline: float) -> None:
        """Whether FPM can be run here, where the host offers PHP at all.

        Raises:
            AgentError: it can't.
        """
        if self._config.php is not None and commands.run([str(self.offered().program), "-v"], deadline).returncode:
            raise AgentError(RUNTIME_BROKEN, f"{self.offered().program} doesn't run")

    def names(self) -> list[str]:
        """The sites that have FPM settings."""
        found = files.names(self._directory)
        return [entry.removesuffix(".conf") for entry in found if entry.endswith(".conf")]

    def astray(self, suspended: frozenset[str]) -> list[str]:
        """The sites whose PHP isn't as it is to be: a look that is cheap enough for each act of the agent."""
        return [name for name in self.names() if not self._fits(name, name in suspended)]

    def mend(self, name: str, suspended: bool, deadline: float) -> None:
        """Bring up the site's master, or end that of a suspended site.

        Raises:
            AgentError: it doesn't come up.
        """
        if suspended:
            self.stop(name)
        else:
            self.put(name, self.conf(name), deadline)

    def refresh(self, name: str, deadline: float) -> None:
        """Let a running master forget the code that it has read; connections wait meanwhile.

        Its log tells when it has, since until then its children answer with what they had read.
        """
        pid = self._master(name)
        if pid is None:
            return
        with self._log(name) as log:
            log.seek(0, os.SEEK_END)
            os.kill(pid, signal.SIGUSR2)
            by, told = min(deadline, time.monotonic() + RELOAD_SECONDS), b""
            while READY not in told and time.monotonic() < by:
                told += log.read()
                time.sleep(0.005)

    def _log(self, name: str) -> BinaryIO:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CREAT
        return os.fdopen(os.open(f"{name}.log", flags, 0o600, dir_fd=self._directory), "rb")

    def stop(self, name: str) -> None:
        """End the site's master: in order, else by force with its children."""
        if self.conf(name) is None:
            return
        pid = self._master(name)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            if not _ended(pid, STOP_SECONDS):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                _ended(pid, STOP_SECONDS)
        crashpoint("php.stopped")
        if self._config.php is not None:
            with contextlib.suppress(FileNotFoundError):
                (self._config.php.socket_dir / f"{name}.sock").unlink()
        # What says that it runs goes last, so that an agent which died before isn't taken to have ended it.
        for left in (f"{name}.pid", f"{name}.log", f"{name}.started"):
            files.remove(self._directory, left)

    def _fits(self, name: str, suspended: bool) -> bool:
        if suspended:
            return not files.exists(self._directory, f"{name}.started")
        return self._began_with(name, self.conf(name) or "") and self._accepts(name)

    def _runs(self, name: str, text: str) -> bool:
        return self._began_with(name, text) and self._accepts(name) and self._master(name) is not None

    def _began_with(self, name: str, text: str) -> bool:
        return files.read(self._directory, f"{name}.started", LIMIT) == _digest(text)

    def _accepts(self, name: str) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            return probe.connect_ex(os.fsencode(self.offered().socket_dir / f"{name}.sock")) == 0

    def _test(self, text: str, deadline: float) -> None:
        files.replace(self._directory, "candidate", text.encode(), durable=False)
        command = [str(self.offered().program), "--test", "--fpm-config", str(self._state / "candidate")]
        done = commands.run(command, deadline)
        files.remove(self._directory, "candidate")
        if done.returncode:
            raise AgentError(RUNTIME_BROKEN, f"php-fpm refuses: {commands.short(done.stderr)}")

    def _start(self, name: str, text: str, deadline: float) -> None:
        """FPM detaches itself from the agent; a master that a dead agent was starting may be there already."""
        files.make_directory(self.offered().socket_dir)
        command = [str(self.offered().program), "--daemonize", "--fpm-config", str(self._state / f"{name}.conf")]
        done = commands.run(command, deadline)
        while self._master(name) is None or not self._accepts(name):
            if time.monotonic() >= deadline or done.returncode:
                raise AgentError(RUNTIME_BROKEN, f"php-fpm of {name} doesn't come up: {commands.short(done.stderr)}")
            time.sleep(0.005)
        crashpoint("php.started")
        files.replace(self._directory, f"{name}.started", _digest(text))

    def _master(self, name: str) -> int | None:
        """The site's master: alive, ours, and with this site's settings; a process id alone may mean another one."""
        pid = commands.living(self._state / f"{name}.pid")
        with contextlib.suppress(OSError):
            place = Path(f"/proc/{pid}")
            if place.stat().st_uid == os.geteuid():
                title = place.joinpath("cmdline").read_bytes()
                return pid if os.fsencode(self._state / f"{name}.conf") in title else None
        return None


def _digest(text: str) -> bytes:
    return sha256(text.encode()).hexdigest().encode()


def _ended(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except OSError:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.005)
