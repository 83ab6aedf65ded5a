"""Sites on disk: ``sites/<name>/public`` is served, ``sites/<name>/site.json`` says whose it is and how it is to be.

A site is built completely in ``staging`` and appears by one rename; it is taken away by one rename into ``removed``,
where nothing is lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tapak_webhost.agent import files
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.page import placeholder
from tapak_webhost.agent.protocol import FOREIGN, AgentError
from tapak_webhost.agent.spec import SiteSpec, spec_from
from tapak_webhost.agent.users import Owner

PUBLIC = "public"
INDEX = "index.html"
META = "site.json"
FORMAT = 1
META_LIMIT = 1_048_576
# A site's own user alone writes its files, and only the web server's group reads them.
OWN_MODE = 0o2750

# By the names of Web's fields. Sites' users walk through "private"; the web server looks into those from
# "suspended" on; keys among the certificates in "tls" are for its group alone.
_PLACES = {
    "sites": 0o755,
    "staging": 0o700,
    "removed": 0o700,
    "private": 0o711,
    "suspended": 0o755,
    "switching": 0o755,
    "tls": 0o711,
    "https": 0o755,
    "hsts_day": 0o755,
    "hsts_year": 0o755,
}
PAGE_LIMIT = 65_536


@dataclass(frozen=True)
class Meta:
    """What ``site.json`` holds. ``vhost`` and ``page`` are SHA-256 of the vhost file and of the placeholder."""

    spec: SiteSpec
    fence: int
    generation: int
    vhost: str = ""
    page: str = ""
    change: str = ""


@dataclass(frozen=True)
class Web:
    """The directories of ``web_dir``, held open."""

    sites: int
    staging: int
    removed: int
    private: int
    suspended: int
    switching: int
    tls: int
    https: int
    hsts_day: int
    hsts_year: int


@dataclass(frozen=True)
class Holder:
    """Who a site's files belong to, and the group through which the web server reads them."""

    owner: Owner
    web_gid: int


@contextlib.contextmanager
def opened(web_dir: Path) -> Iterator[Web]:
    """The directories below ``web_dir``, made where they are missing."""
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(files.directory(web_dir))
        for name, mode in _PLACES.items():
            files.make_directory(name, root, mode)
        yield Web(*(stack.enter_context(files.directory(name, root)) for name in _PLACES))


def digest(content: bytes) -> str:
    """What a file is known by in ``site.json``."""
    return hashlib.sha256(content).hexdigest()


def read_meta(web: Web, name: str) -> Meta | None:
    """What stands at ``name``; None where nothing does.

    Raises:
        NotOurs: a directory, link or file that we didn't make.
    """
    try:
        with files.directory(name, web.sites) as site:
            content = files.read(site, META, META_LIMIT)
    except FileNotFoundError:
        return None
    meta = _meta(content)
    if meta is None or meta.spec.name != name:
        raise files.NotOurs(name)
    return meta


def has_public(web: Web, name: str) -> bool:
    """Whether the document root is there and is a directory."""
    try:
        with files.directory(name, web.sites) as site, files.directory(PUBLIC, site):
            return True
    except (FileNotFoundError, files.NotOurs):
        return False


def create(web: Web, meta: Meta, holder: Holder | None = None) -> None:
    """Build the site beside and let it appear at once."""
    name, page = meta.spec.name, placeholder(meta.spec)
    files.make_directory(name, web.staging)
    with files.directory(name, web.staging) as site:
        files.make_directory(PUBLIC, site)
        with files.directory(PUBLIC, site) as public:
            files.create(public, INDEX, page)
        files.create(site, META, _content(replace(meta, page=digest(page))))
    if holder is not None:
        own(web.staging, name, holder)
    crashpoint("create.staged")
    # rename(2) would take only the place of an empty directory made since the caller looked. The contents are synced;
    # the sync of this directory also commits the entries made before (ext4, XFS and Btrfs journal them in order).
    os.rename(name, name, src_dir_fd=web.staging, dst_dir_fd=web.sites)
    os.fsync(web.sites)
    crashpoint("create.placed")


def update(web: Web, meta: Meta, old: Meta) -> None:
    """Write the new ``meta``; the page changes only while it is the one that we wrote."""
    page = placeholder(meta.spec)
    name = meta.spec.name
    try:
        with files.directory(name, web.sites) as site:
            files.make_directory(PUBLIC, site)
            with files.directory(PUBLIC, site) as public:
                shown = _shown_page(public)
                if shown is None or shown in {old.page, digest(page)}:
                    files.replace(public, INDEX, page, via=web.staging, like=public)
            crashpoint("update.paged")
            files.replace(site, META, _content(replace(meta, page=digest(page))), via=web.staging)
    except files.NotOurs:
        raise AgentError(FOREIGN, f"{name}: the document root was replaced by something else", name=name) from None
    crashpoint("update.written")


def own(at: int, name: str, holder: Holder) -> None:
    """Give the document root to the site's user; the root itself last, which tells that all below it is given.

    Nobody but us has written there before, so nothing can be moved beneath the walk.
    """
    if not holder.owner.own:
        return
    uid, gid = holder.owner.uid, holder.web_gid
    with files.directory(name, at) as site, files.directory(PUBLIC, site) as public:
        found = os.fstat(public)
        if (found.st_uid, found.st_gid) == (uid, gid):
            return
        for _, directories, inside, fd in os.fwalk(".", dir_fd=public, follow_symlinks=False):
            for entry in (*directories, *inside):
                os.chown(entry, uid, gid, dir_fd=fd, follow_symlinks=False)
        os.fchmod(public, OWN_MODE)
        os.fchown(public, uid, gid)
        os.fchmod(public, OWN_MODE)


def suspend(web: Web, name: str) -> None:
    """Let the web server answer 410 from now on."""
    if not files.exists(web.suspended, name):
        files.create(web.suspended, name, b"")
        os.fsync(web.suspended)
    crashpoint("site.suspended")


def restore(web: Web, name: str) -> None:
    """Let the web server serve the site again."""
    files.remove(web.suspended, name)


def removal() -> str:
    """A new name in ``removed``, beginning with the time in UTC."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}"


def take_away(web: Web, name: str, kept: str) -> None:
    """Move the site to ``removed/<kept>`` in one step."""
    os.mkdir(kept, 0o700, dir_fd=web.removed)
    with files.directory(kept, web.removed) as place:
        os.rename(name, name, src_dir_fd=web.sites, dst_dir_fd=place)
        os.fsync(place)
    os.fsync(web.removed)
    os.fsync(web.sites)
    crashpoint("delete.moved")


def bring_back(web: Web, name: str, kept: str) -> None:
    """Undo :func:`take_away` as far as it went, unless something else stands in the place."""
    with contextlib.suppress(FileNotFoundError), files.directory(kept, web.removed) as place:
        if files.exists(place, name) and not files.exists(web.sites, name):
            os.rename(name, name, src_dir_fd=place, dst_dir_fd=web.sites)
            os.fsync(web.sites)
    with contextlib.suppress(OSError):
        os.rmdir(kept, dir_fd=web.removed)


def _shown_page(public: int) -> str | None:
    """The digest of ``index.html``; None where there is none and the owner put nothing else there either."""
    try:
        content = files.read(public, INDEX, PAGE_LIMIT)
    except files.NotOurs:
        return "the owner's"
    if content is not None:
        return digest(content)
    return "the owner's" if os.listdir(public) else None


def _content(meta: Meta) -> bytes:
    written = {
        "format": FORMAT,
        "spec": meta.spec.to_json(),
        "fence": meta.fence,
        "generation": meta.generation,
        "vhost": meta.vhost,
        "page": meta.page,
        "change": meta.change,
    }
    return json.dumps(written, indent=1, ensure_ascii=False).encode()


def _meta(content: bytes | None) -> Meta | None:
    try:
        found: Any = json.loads(content or b"")
        if found["format"] != FORMAT:
            return None
        return Meta(
            spec=spec_from(found["spec"]),
            fence=int(found["fence"]),
            generation=int(found["generation"]),
            vhost=str(found["vhost"]),
            page=str(found["page"]),
            change=str(found["change"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, AgentError):
        return None
