"""Changes that need the web server to reload: undo written first, reload proved, or all undone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from tapak_webhost.agent import files, journal, marker, sites
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.journal import Entry
from tapak_webhost.agent.protocol import DIRECTIVE_REFUSED, RELOAD_UNPROVED, SERVER_DOWN, AgentError
from tapak_webhost.agent.server import Server
from tapak_webhost.agent.sites import Web

FILE_LIMIT = 262_144


@dataclass(frozen=True)
class Vhosts:
    """The directory of sites' own files, its journal, and the server that includes it.

    ``undo_by`` is when an undo must have been served; it lies behind the deadlines of changes.
    """

    server: Server
    address: tuple[str, int]
    directory: int
    journal: int
    web: Web
    undo_by: float

    def read(self, name: str) -> bytes | None:
        """A site's own file as it stands; what another agent is about to have served doesn't stand yet.

        Raises:
            NotOurs: a link or something larger than we write.
        """
        entry = journal.under_way(self.journal, name)
        if entry is not None:
            return None if entry.vhost is None else entry.vhost.encode(errors="surrogateescape")
        return files.read(self.directory, self.server.site_file(name), FILE_LIMIT)

    def change(self, entry: Entry, text: str | None, commit: Callable[[], None], deadline: float) -> None:
        """Let ``text`` be the site's file (None: no file), and ``commit`` once the server serves it.

        Raises:
            AgentError: everything stands as it stood before.
        """
        self.serve(entry, self.place(entry, text, deadline), commit, deadline)

    def place(self, entry: Entry, text: str | None, deadline: float) -> int:
        """The first half: the file is in its place and tested; gives the generation with which it will be served.

        Raises:
            AgentError: everything stands as it stood before.
        """
        self._ready(deadline)
        if text is not None:
            self.server.test_alone(text, deadline)
        journal.write(self.journal, entry)
        crashpoint("vhost.journaled")
        try:
            if entry.removed:
                sites.take_away(self.web, entry.name, entry.removed)
            generation = self._put(entry.name, text)
            self._test_with_ours(entry.name, deadline)
        except Exception as error:
            self._undo(entry, False, error)
            raise
        return generation

    def serve(
        self, entry: Entry, generation: int, commit: Callable[[], None], deadline: float, *, shared: bool = False
    ) -> None:
        """The second half. Where it is ``shared``, another agent's reload may have taken it in already.

        Raises:
            AgentError: everything stands as it stood before.
        """
        try:
            if not (shared and marker.served(self.address, generation)):
                self.server.reload(deadline)
                marker.prove(self.address, generation, deadline)
            crashpoint("vhost.reloaded")
            commit()
            crashpoint("vhost.committed")
        except Exception as error:
            self._undo(entry, True, error)
            raise
        journal.end(self.journal, entry)

    def settle(self, entry: Entry, by: float, reload: bool = True) -> None:
        """Undo a change that didn't end, unless its site is already committed.

        Raises:
            AgentError: the files are as they were, but the server didn't take them in; the entry stays.
        """
        if not self._committed(entry):
            generation = self._put(entry.name, entry.vhost)
            if entry.removed:
                sites.bring_back(self.web, entry.name, entry.removed)
            if reload and self.server.running():
                self.server.test(by)
                self.server.reload(by)
                marker.prove(self.address, generation, by)
        journal.end(self.journal, entry)

    def recover(self, by: float) -> None:
        """Settle what dead agents left; what can't be settled now stays for the next time."""
        for entry in journal.pending(self.journal):
            with contextlib.suppress(AgentError):
                self.settle(entry, by)

    def settled(self) -> None:
        """Tell whether every change ended, or was undone wholly.

        Raises:
            AgentError: the undo of some change isn't served yet.
        """
        left = journal.pending(self.journal)
        if left:
            raise AgentError(RELOAD_UNPROVED, f"the undo of a change to {left[0].name} isn't served yet")

    def _ready(self, deadline: float) -> None:
        if not self.server.running():
            raise AgentError(SERVER_DOWN, "the web server doesn't run")
        self.server.test(deadline)
        if journal.pending(self.journal):
            # Its agent died since this one took the host.
            self.recover(deadline)
        self.settled()

    def _put(self, name: str, text: str | None) -> int:
        """Write or remove the site's file, and the marker; gives the generation that the server is to answer."""
        own = self.server.site_file(name)
        if text is None:
            files.remove(self.directory, own)
        else:
            files.replace(self.directory, own, text.encode(errors="surrogateescape"))
        crashpoint("vhost.placed")
        marked = files.read(self.directory, self.server.marker_file, FILE_LIMIT) or b""
        generation = self.server.marker_generation(marked.decode(errors="replace")) + 1
        files.replace(self.directory, self.server.marker_file, self.server.marker_text(generation).encode())
        crashpoint("vhost.marked")
        return generation

    def _test_with_ours(self, name: str, deadline: float) -> None:
        try:
            self.server.test(deadline, name)
        except AgentError as error:
            message = f"with {name} the whole configuration fails: {error.message}"
            raise AgentError(DIRECTIVE_REFUSED, message, **error.details) from None

    def _undo(self, entry: Entry, asked: bool, cause: Exception) -> None:
        try:
            self.settle(entry, self.undo_by, reload=asked)
        except AgentError as error:
            raise AgentError(error.code, f"{cause}; and the undo: {error.message}", **error.details) from cause

    def _committed(self, entry: Entry) -> bool:
        try:
            meta = sites.read_meta(self.web, entry.name)
        except files.NotOurs:
            return False
        return meta is not None and meta.change == entry.change
