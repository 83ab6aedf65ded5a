"""One change of a site's release at a time: unpacked beside, switched in one step, switched back where it fails."""

from __future__ import annotations

import time

from tapak_webhost.agent import archives, fences, files, marker, releases, sites
from tapak_webhost.agent.host import Host
from tapak_webhost.agent.page import placeholder
from tapak_webhost.agent.protocol import (
    ARCHIVE_MISSING,
    ARCHIVE_REFUSED,
    CHANGED_MEANWHILE,
    NO_SITE,
    RELEASE_REFUSED,
    AgentError,
)
from tapak_webhost.agent.releases import ReleaseSpec
from tapak_webhost.agent.sites import Holder, Meta

# PHP that begins anew answers after a moment.
WARM_UP = 3.0
BROKEN = 400


def read(host: Host, name: str) -> ReleaseSpec | None:
    """Which release is live at ``name``."""
    releases.settle(host.web, name)
    try:
        return releases.standing(host.web, name)
    except files.NotOurs:
        return None


def apply(
    host: Host, name: str, desired: ReleaseSpec | None, observed: ReleaseSpec | None, fence: int, deadline: float
) -> ReleaseSpec | None:
    """Bring ``name`` from ``observed`` to ``desired``.

    Raises:
        AgentError: what was live is live; ``archive_missing`` asks for the archive first.
    """
    found = read(host, name)
    # No host name has an at sign, so that a site and its release have fences of their own.
    fences.admit(host.places["fences"], f"release@{name}", fence, releases.recorded_fence(host.web, name))
    if found == desired:
        if desired is None and sites.has_public(host.web, name):
            releases.drop(host.web, name)
        return found
    if found != observed:
        raise AgentError(CHANGED_MEANWHILE, f"{name}: the live release isn't the one that was observed", name=name)
    meta = sites.read_meta(host.web, name)
    if meta is None:
        raise AgentError(NO_SITE, f"{name}: there is no site for a release", name=name)
    holder = host.runtime.take_over(name)
    if desired is None:
        place = releases.initial(host.web, name, placeholder(meta.spec), holder)
        releases.switch(host.web, name, place, host.server.looks_first)
        host.runtime.refresh(name, deadline)
        releases.drop(host.web, name)
    else:
        _bring(host, meta, desired, found, holder, fence, deadline)
    return read(host, name)


def _bring(
    host: Host,
    meta: Meta,
    desired: ReleaseSpec,
    found: ReleaseSpec | None,
    holder: Holder,
    fence: int,
    deadline: float,
) -> None:
    if not releases.holds(host.web, desired.site, desired.sha256):
        _build(host, desired, holder, deadline, stood=found is not None)
    releases.record(host.web, desired, fence)
    if found is None or found.sha256 != desired.sha256:
        _switch(host, desired, deadline, stood=found is not None)
    releases.settle(host.web, desired.site)


def _build(host: Host, desired: ReleaseSpec, holder: Holder, deadline: float, *, stood: bool) -> None:
    kept = host.places["archives"]
    with archives.opened(kept, desired.sha256) as archive:
        if archive is None:
            raise AgentError(ARCHIVE_MISSING, f"{desired.sha256} wasn't sent yet", sha256=desired.sha256)
        try:
            releases.build(host.web, desired.site, desired.sha256, archive, holder, deadline)
        except AgentError as error:
            files.clear(host.web.staging)
            if error.code == ARCHIVE_REFUSED:
                archives.forget(kept, desired.sha256)
                error.details["stood"] = stood
            raise
    archives.forget(kept, desired.sha256)


def _switch(host: Host, desired: ReleaseSpec, deadline: float, *, stood: bool) -> None:
    name = desired.site
    before = marker.answer(host.config, name)
    old = releases.switch(host.web, name, desired.sha256, host.server.looks_first)
    host.runtime.refresh(name, deadline)
    status = _answer(host, name, deadline) if 0 < before < BROKEN else 0
    if status >= BROKEN:
        releases.switch(host.web, name, old, host.server.looks_first)
        host.runtime.refresh(name, deadline)
        told = f"{name} answers {status} with this release"
        raise AgentError(RELEASE_REFUSED, told, name=name, status=status, stood=stood)


def _answer(host: Host, name: str, deadline: float) -> int:
    # Half of what is left, so that switching back still fits: whoever waits must be told that it failed.
    by = time.monotonic() + min(WARM_UP, (deadline - time.monotonic()) / 2)
    while (status := marker.answer(host.config, name)) >= BROKEN and time.monotonic() < by:
        time.sleep(0.05)
    return status
