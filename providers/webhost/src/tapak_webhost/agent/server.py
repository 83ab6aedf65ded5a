"""What the agent needs of a web server, whichever kind it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tapak_webhost.agent.spec import SiteSpec


class Server(Protocol):
    """A running web server with a directory of site files that its configuration includes."""

    marker_file: str
    looks_first: bool
    """Whether it looks at a path before it opens it, so that a switch in between would be seen."""

    def site_file(self, name: str) -> str:
        """The name of a site's own file in the vhost directory."""
        ...

    def site_text(self, spec: SiteSpec, certificate: str) -> str:
        """The site's own file; with HTTPS, ``certificate`` says which one it has."""
        ...

    def line_text(self, line: str, names: Sequence[str], certificate: str) -> str | None:
        """A file for all mass-served sites that share a certificate for ``names``, kept as ``<line>.pem``.

        None where the server reads each site's own as it is asked for.
        """
        ...

    def marker_text(self, generation: int) -> str:
        """A file that makes the server answer :data:`MARKER_NAME` with ``generation``."""
        ...

    def marker_generation(self, text: str) -> int:
        """The generation in what ``marker_text`` gave; 0 where there is none."""
        ...

    def version(self) -> str:
        """As the server names itself."""
        ...

    def running(self) -> bool:
        """Whether its process lives."""
        ...

    def test(self, deadline: float, name: str = "") -> None:
        """Test the whole configuration on disk, and that nobody else's block takes ``name`` where the server tells.

        Raises:
            AgentError: ``server_broken`` with file and line.
        """
        ...

    def test_alone(self, text: str, deadline: float) -> None:
        """Test one site's file by itself.

        Raises:
            AgentError: ``directive_refused``.
        """
        ...

    def reload(self, deadline: float) -> None:
        """Ask the running server to take in its configuration; whether it did is for the marker to prove.

        Raises:
            AgentError: it refused.
        """
        ...
