"""Releases on disk: each is a whole document root that changes places with the one that is live.

``sites/<name>/public`` is live; ``sites/<name>/releases/<sha256>`` are those that can be switched to, and
``releases/initial`` what was shown before the first one. Which is which says a file of ours inside each
(``.tapak-release``), so a name may be wrong for a moment and is put right by :func:`settle`.
``sites/<name>/release.json`` holds what was asked for last.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from tapak_webhost.agent import as_user, diversion, files, kernel, sites
from tapak_webhost.agent.archives import checked_hash
from tapak_webhost.agent.crash import crashpoint
from tapak_webhost.agent.protocol import ARCHIVE_REFUSED, BAD_REQUEST, AgentError, integer, only
from tapak_webhost.agent.sites import OWN_MODE, PUBLIC, Holder, Web
from tapak_webhost.agent.unpack import Bounds, Refused, unpack

RELEASES = "releases"
RECORD = "release.json"
MARK = ".tapak-release"
INITIAL = "initial"
STAGED = ".release"
LIMIT = 4096
MOST_KEPT = 20
LONGEST_NAME = 255


@dataclass(frozen=True)
class ReleaseSpec:
    """The release that is to be live at ``site``, and how many before it are kept."""

    site: str
    sha256: str
    keep: int


@dataclass(frozen=True)
class Mark:
    """What lies in a release: its archive, when it was unpacked (epoch seconds), and what that gave."""

    sha256: str
    at: float
    files: int
    bytes: int


@dataclass(frozen=True)
class Record:
    """What was asked for last."""

    sha256: str
    keep: int
    fence: int


def spec_from(value: Any, name: str) -> ReleaseSpec | None:
    """The spec in ``value`` (null: None), which must be of the site ``name``."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("site") != name:
        raise AgentError(BAD_REQUEST, "a release's spec is an object, of the site that is named")
    only(value, frozenset({"site", "sha256", "keep"}), "release")
    return ReleaseSpec(name, checked_hash(value.get("sha256")), integer(value, "keep", "release", 0, MOST_KEPT))


def standing(web: Web, name: str) -> ReleaseSpec | None:
    """Which release is live at ``name``; None where none of ours is.

    Raises:
        NotOurs: something else stands in the site's place.
    """
    try:
        with files.directory(name, web.sites) as site:
            record = _record(site)
            with files.directory(PUBLIC, site) as public:
                mark = _mark(public)
    except FileNotFoundError:
        return None
    return None if mark is None else ReleaseSpec(name, mark.sha256, record.keep if record else 0)


def recorded_fence(web: Web, name: str) -> int:
    """With which fence the release was last written."""
    with contextlib.suppress(FileNotFoundError, files.NotOurs), files.directory(name, web.sites) as site:
        record = _record(site)
        return record.fence if record else 0
    return 0


def holds(web: Web, name: str, sha256: str) -> bool:
    """Whether that release lies beside the live one, or is it."""
    live = standing(web, name)
    with contextlib.suppress(FileNotFoundError), _beside(web, name, make=False) as (_, beside):
        return files.exists(beside, sha256) or (live is not None and live.sha256 == sha256)
    return False


def kept(web: Web, name: str) -> list[dict[str, Any]]:
    """The releases that lie here, the newest first, each with whether it is live."""
    found: list[tuple[Mark, bool]] = []
    with contextlib.suppress(FileNotFoundError, files.NotOurs), files.directory(name, web.sites) as site:
        with files.directory(PUBLIC, site) as public:
            live = _mark(public)
        found += [(live, True)] if live is not None else []
        with contextlib.suppress(FileNotFoundError), files.directory(RELEASES, site) as beside:
            for place in files.names(beside):
                with contextlib.suppress(files.NotOurs), files.directory(place, beside) as one:
                    mark = _mark(one)
                    found += [(mark, False)] if mark is not None else []
    found.sort(key=lambda each: each[0].at, reverse=True)
    return [{**asdict(mark), "live": live} for mark, live in found]


def build(web: Web, name: str, sha256: str, archive: BinaryIO, holder: Holder, deadline: float) -> None:
    """Unpack ``archive`` as the site's own user, where nobody else reaches it, and lay it beside the live one.

    Raises:
        AgentError: the archive holds what may not be unpacked.
    """
    staged = f"{name}{STAGED}"
    files.make_directory(staged, web.staging)
    with files.directory(staged, web.staging) as target:
        if holder.owner.own:
            os.fchown(target, holder.owner.uid, holder.web_gid)
            os.fchmod(target, OWN_MODE)
        bounds = Bounds()
        keep = frozenset({archive.fileno(), target})
        told = as_user.run(holder.owner, keep, lambda: _unpacked(archive, target, bounds), bounds.size, deadline)
        if "refused" in told:
            raise AgentError(ARCHIVE_REFUSED, told["refused"], name=name, **told["details"])
        mark = Mark(sha256, time.time(), told["files"], told["bytes"])
        files.create(target, MARK, json.dumps(asdict(mark)).encode())
        kernel.sync_file_system(target)
    crashpoint("release.unpacked")
    with _beside(web, name) as (_, beside):
        os.rename(staged, sha256, src_dir_fd=web.staging, dst_dir_fd=beside)
        os.fsync(beside)
    crashpoint("release.placed")


def record(web: Web, spec: ReleaseSpec, fence: int) -> None:
    """Write down what is asked for, before it is done."""
    with files.directory(spec.site, web.sites) as site:
        wanted = Record(spec.sha256, spec.keep, fence)
        files.replace(site, RECORD, json.dumps(asdict(wanted)).encode(), via=web.staging)
    crashpoint("release.recorded")


def switch(web: Web, name: str, place: str, divert: bool) -> str:
    """Let the document root and ``releases/<place>`` change places; gives where the old one lies now.

    With ``divert``, requests under way keep the file that they looked at.
    """
    with _beside(web, name) as (site, beside), contextlib.ExitStack() as stack:
        if divert:
            coming = stack.enter_context(files.directory(place, beside))
            stack.enter_context(diversion.diverted(web, name, site, coming))
        kernel.exchange(site, PUBLIC, beside, place)
        os.fsync(site)
        os.fsync(beside)
        crashpoint("release.switched")
        old = _place_of(beside, place)
    settle(web, name)
    return old


def settle(web: Web, name: str) -> None:
    """Give what lies beside its right names, and let go of what is older than is kept."""
    with contextlib.suppress(FileNotFoundError, files.NotOurs), _beside(web, name, make=False) as (site, beside):
        for place in files.names(beside):
            right = _place_of(beside, place)
            if right != place and not files.exists(beside, right):
                os.rename(place, right, src_dir_fd=beside, dst_dir_fd=beside)
            elif right != place:
                _set_aside(web, name, beside, place)
        crashpoint("release.named")
        found = _record(site)
        _prune(beside, found.keep if found else MOST_KEPT)


def initial(web: Web, name: str, page: bytes, holder: Holder) -> str:
    """The place of what was shown before the first release; made anew where it is gone."""
    with _beside(web, name) as (_, beside):
        if not files.exists(beside, INITIAL):
            files.make_directory(INITIAL, beside)
            with files.directory(INITIAL, beside) as public:
                files.create(public, sites.INDEX, page)
                os.fchown(public, holder.owner.uid, holder.web_gid)
                os.fchmod(public, OWN_MODE if holder.owner.own else 0o755)
    return INITIAL


def drop(web: Web, name: str) -> None:
    """Take all releases that aren't live away, to where nothing is lost."""
    with files.directory(name, web.sites) as site:
        if files.exists(site, RELEASES):
            _set_aside(web, name, site, RELEASES)
        files.remove(site, RECORD)
    crashpoint("release.dropped")


def _unpacked(archive: BinaryIO, target: int, bounds: Bounds) -> dict[str, Any]:
    try:
        count, size = unpack(archive, target, bounds)
    except Refused as refused:
        return {"refused": str(refused)[:300], "details": refused.details}
    return {"files": count, "bytes": size}


@contextlib.contextmanager
def _beside(web: Web, name: str, make: bool = True) -> Iterator[tuple[int, int]]:
    """The site's directory and the one of its releases, which only we can enter."""
    with files.directory(name, web.sites) as site:
        if make:
            files.make_directory(RELEASES, site, 0o700)
        with files.directory(RELEASES, site) as beside:
            yield site, beside


def _mark(at: int) -> Mark | None:
    """The mark in a directory; one that isn't ours is none, since the site's user writes there."""
    with contextlib.suppress(FileNotFoundError, files.NotOurs, ValueError, TypeError):
        if os.stat(MARK, dir_fd=at, follow_symlinks=False).st_uid == os.geteuid():
            return Mark(**json.loads(files.read(at, MARK, LIMIT) or b""))
    return None


def _place_of(beside: int, place: str) -> str:
    with files.directory(place, beside) as found:
        mark = _mark(found)
    return INITIAL if mark is None else mark.sha256


def _record(site: int) -> Record | None:
    with contextlib.suppress(ValueError, TypeError):
        content = files.read(site, RECORD, LIMIT)
        return None if content is None else Record(**json.loads(content))
    return None


def _prune(beside: int, keep: int) -> None:
    aged = []
    for place in files.names(beside):
        with files.directory(place, beside) as found:
            mark = _mark(found)
        if mark is not None:
            aged.append((mark.at, place))
    for _, place in sorted(aged, reverse=True)[keep:]:
        files.remove_tree(beside, place)


def _set_aside(web: Web, name: str, at: int, what: str) -> None:
    kept = sites.removal()
    os.mkdir(kept, 0o700, dir_fd=web.removed)
    with files.directory(kept, web.removed) as place:
        os.rename(what, f"{name}.{what}"[:LONGEST_NAME], src_dir_fd=at, dst_dir_fd=place)
        os.fsync(place)
