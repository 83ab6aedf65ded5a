"""The way to an agent on another machine: one SSH connection and one session that stay, and nothing of either on disk.

The host's keys are pinned; whatever is asked for, the host's ``authorized_keys`` runs the agent (its forced command).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import asyncssh
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED

from tapak.sdk.errors import ProviderBroken, ProviderDenied, ProviderError, ProviderUnavailable
from tapak.sdk.provider import Check
from tapak_webhost.channel import LOG_TAIL, MAX_ANSWER, ChannelDown, ChannelRubbish
from tapak_webhost.login import Door

T = TypeVar("T")

# What an unrestricted key would run, so that its connection test can tell what is wrong with it.
COMMAND = "tapak-webhost"
# A connection that nothing came by for this long is asked for a sign of life; after three without one it is given up.
KEEPALIVE, SILENCES = 15, 3
CLOSING = 1.0


class SshAgent:
    """An agent behind SSH, connected to when it is needed and again after the connection broke.

    ``key`` is the private key that opens ``door``.
    """

    def __init__(self, door: Door, key: asyncssh.SSHKey) -> None:
        self._door = door
        self._key = key
        self._loop: _Loop | None = None
        self._watch = _Watch()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._session: _Session | None = None

    @property
    def fresh(self) -> bool:
        return self._session is None or self._session.ended

    def exchange(self, line: bytes, timeout: float) -> bytes:
        try:
            return self._run(self._exchange(line, timeout))
        except BaseException:
            self._end(polite=False)
            raise

    def checks(self, timeout: float) -> Sequence[Check]:
        """Whether the key that opens the door can run anything but the agent, or reach beyond the host."""
        try:
            freedoms = self._run(self._freedoms(timeout))
        except (ProviderError, ChannelDown):
            return ()
        if not freedoms:
            return (Check("Kunci SSH", True, "Kunci ini hanya dapat menjalankan agen."),)
        told = f"Di server web kunci ini juga dapat {' dan '.join(freedoms)}. Ganti barisnya pada authorized_keys"
        return (Check("Kunci SSH", False, f"{told} dengan keluaran tapak-webhost --authorize."),)

    def close(self) -> None:
        self._end(polite=True)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = _Loop()
        return self._loop.run(work)

    def _end(self, polite: bool) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.run(self._disconnect(polite))
            loop.close()

    async def _exchange(self, line: bytes, timeout: float) -> bytes:
        deadline = asyncio.get_running_loop().time() + timeout
        session = await self._running(deadline)
        first = not session.answered
        try:
            async with asyncio.timeout_at(deadline):
                return await session.exchange(line)
        except TimeoutError:
            raise ChannelDown("the agent doesn't answer in time") from None
        except ChannelDown as error:
            if first and session.status is not None:
                raise ProviderBroken(
                    f"Masuk ke {self._door.host} lewat SSH berhasil, tetapi agen tidak berjalan di sana. Pasang "
                    "tapak-webhost, dan periksa baris kunci ini pada authorized_keys.",
                    log=f"{self._door.url}: exit status {session.status}: {error}",
                ) from None
            raise

    async def _running(self, deadline: float) -> _Session:
        if self._session is not None and not self._session.ended:
            return self._session
        await self._disconnect(polite=False)
        session = _Session()
        try:
            async with asyncio.timeout_at(deadline):
                self._connection = await self._connect()
                await self._connection.create_session(lambda: session, COMMAND, encoding=None)
        except (OSError, asyncssh.Error) as error:
            raise self._told(error) from None
        self._session = session
        return session

    async def _connect(self) -> asyncssh.SSHClientConnection:
        door, self._watch = self._door, _Watch()
        return await asyncssh.connect(
            door.host,
            door.port,
            username=door.user,
            known_hosts=door.known_hosts,
            server_host_key_algs=door.host_key_types,
            client_keys=[self._key],
            client_factory=lambda: self._watch,
            preferred_auth="publickey",
            keepalive_interval=KEEPALIVE,
            keepalive_count_max=SILENCES,
            agent_path=None,
            config=None,
            gss_host=None,
        )

    def _told(self, error: Exception) -> ProviderError:
        door, log = self._door, f"{self._door.url}: {type(error).__name__}: {error}"
        if isinstance(error, asyncssh.HostKeyNotVerifiable | asyncssh.KeyExchangeFailed):
            shown = f" Yang ditunjukkan: {self._watch.shown}." if self._watch.shown else ""
            return ProviderBroken(
                f"Kunci host {door.host} bukan yang dicatat pada sambungan ini.{shown} Tanyakan pengelola server itu: "
                "bila kuncinya memang diganti, catat yang baru; bila tidak, mungkin ada yang menyamar.",
                log=f"{log} {self._watch.shown}",
            )
        if isinstance(error, asyncssh.PermissionDenied):
            return ProviderDenied(
                f"{door.host} menolak kunci SSH pengguna {door.user}. Pasang di sana baris authorized_keys dari "
                "tapak-webhost --authorize.",
                log=log,
            )
        said = _reason(error)
        return ProviderUnavailable(f"{door.host} porta {door.port} tidak dapat dihubungi lewat SSH: {said}.", log=log)

    async def _freedoms(self, timeout: float) -> list[str]:
        deadline = asyncio.get_running_loop().time() + timeout
        await self._running(deadline)
        assert self._connection is not None
        freedoms, word = [], secrets.token_hex(8)
        try:
            async with asyncio.timeout_at(deadline):
                done = await self._connection.run(f"echo {word}", stdin=asyncssh.DEVNULL)
                if word in str(done.stdout):
                    freedoms.append("menjalankan perintah lain")
                if await self._leads_on(self._connection):
                    freedoms.append("meneruskan koneksi")
        except (OSError, asyncssh.Error) as error:
            raise ChannelDown(f"{type(error).__name__}: {error}") from None
        return freedoms

    async def _leads_on(self, connection: asyncssh.SSHClientConnection) -> bool:
        """Whether the host would connect on: to its own port 9 (discard), where nobody listens."""
        try:
            _, writer = await connection.open_connection("127.0.0.1", 9)
        except asyncssh.ChannelOpenError as refused:
            return refused.code != OPEN_ADMINISTRATIVELY_PROHIBITED
        writer.close()
        return True

    async def _disconnect(self, polite: bool) -> None:
        """An agent that isn't asked any more ends as its input does; what it was at, it ends or undoes first."""
        session, self._session = self._session, None
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(TimeoutError, OSError, asyncssh.Error):
            async with asyncio.timeout(CLOSING):
                if polite and session is not None:
                    await session.end()
                connection.close() if polite else connection.abort()
                await connection.wait_closed()


class _Watch(asyncssh.SSHClient):
    """Remembers which key a host showed that isn't the pinned one."""

    shown = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = f"{key.get_algorithm()} {key.get_fingerprint()}"
        return False


class _Session(asyncssh.SSHClientSession[bytes]):
    """One run of the agent."""

    def __init__(self) -> None:
        self.answered = False
        self.ended = False
        self.status: int | None = None
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._received = bytearray()
        self._errors = b""
        self._moved = asyncio.Event()

    async def exchange(self, line: bytes) -> bytes:
        """Send ``line`` and give the line that answers it.

        Raises:
            ChannelDown: the agent ended.
            ChannelRubbish: what came isn't one line.
        """
        assert self._channel is not None
        with contextlib.suppress(OSError):
            self._channel.write(line)
        while not self._received.endswith(b"\n"):
            if self.ended:
                raise ChannelDown(f"the agent ended: {self._complaint()}")
            self._moved.clear()
            await self._moved.wait()
        answer = bytes(self._received)
        self._received.clear()
        if answer.find(b"\n") != len(answer) - 1:
            raise ChannelRubbish("more than one line")
        self.answered = True
        return answer

    async def end(self) -> None:
        """Let the agent see the end of its input, and wait until it ended."""
        assert self._channel is not None
        self._channel.write_eof()
        await self._channel.wait_closed()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype is not None:
            self._errors = (self._errors + data)[-LOG_TAIL:]
            return
        self._received += data
        if len(self._received) > MAX_ANSWER and self._channel is not None:
            self._channel.abort()
        self._moved.set()

    def exit_status_received(self, status: int) -> None:
        self.status = status

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self._moved.set()

    def _complaint(self) -> str:
        return " ".join(self._errors.decode(errors="replace").split())[-500:]


class _Loop:
    """A loop in a thread of its own, so that a connection is kept alive between calls."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tapak-ssh", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` gives; it is cancelled where the caller is."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End it, with what still runs in it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for left in asyncio.all_tasks(self._loop):
            left.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(left)
        self._loop.close()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "tidak menjawab dalam batas waktu"
    if isinstance(error, ConnectionRefusedError):
        return "koneksi ditolak"
    if isinstance(error, socket.gaierror):
        return "namanya tidak dikenal"
    return "koneksinya terputus" if isinstance(error, asyncssh.Error) else "tidak ada jalan ke sana"
