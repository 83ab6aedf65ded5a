"""A small page by which it is seen from outside that PHP runs a site's files and doesn't show them."""

from __future__ import annotations

import contextlib
import secrets

from tapak_webhost.agent import files
from tapak_webhost.agent.protocol import FOREIGN, AgentError
from tapak_webhost.agent.sites import PUBLIC, Web

PREFIX = "tapak-probe-"
SUFFIX = ".php"


def place(web: Web, name: str) -> dict[str, str]:
    """Put a page into the document root of ``name``: its ``path``, and the ``word`` that it says when it is run.

    The word doesn't stand in the page's source as it is said.
    """
    word = secrets.token_hex(16)
    file = f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
    take_away(web, name)
    try:
        with files.directory(name, web.sites) as site, files.directory(PUBLIC, site) as public:
            page = f"<?php echo strrev('{word[::-1]}');\n".encode()
            files.create(public, file, page, durable=False, like=public)
    except FileNotFoundError:
        raise AgentError(FOREIGN, f"{name}: there is no document root", name=name) from None
    return {"path": f"/{file}", "word": word}


def take_away(web: Web, name: str) -> None:
    """Remove every such page of ``name``, one that a dead agent left too."""
    try:
        with files.directory(name, web.sites) as site, files.directory(PUBLIC, site) as public:
            for file in files.names(public):
                if file.startswith(PREFIX) and file.endswith(SUFFIX):
                    # A directory of that name is the owner's doing, and hides nothing.
                    with contextlib.suppress(IsADirectoryError):
                        files.remove(public, file)
    except FileNotFoundError:
        return
