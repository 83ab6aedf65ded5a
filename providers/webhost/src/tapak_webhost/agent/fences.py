"""The highest fence seen per site: a worker that woke after its lease can do no harm.

The file isn't synced: a killed agent loses nothing of it, and after a power failure the fence in ``site.json`` holds.
"""

from __future__ import annotations

from tapak_webhost.agent import files
from tapak_webhost.agent.protocol import STALE_FENCE, AgentError


def admit(fences_fd: int, name: str, fence: int, recorded: int) -> None:
    """Take note of ``fence``; ``recorded`` is what the site itself was last written with.

    Raises:
        AgentError: a higher fence was seen.
    """
    seen = _seen(fences_fd, name)
    highest = max(seen, recorded)
    if fence < highest:
        raise AgentError(STALE_FENCE, f"{name}: fence {fence} is lower than {highest}", seen=highest)
    if fence > seen:
        files.replace(fences_fd, name, str(fence).encode(), durable=False)


def _seen(fences_fd: int, name: str) -> int:
    content = files.read(fences_fd, name, 32)
    return int(content) if content and content.isdigit() else 0
