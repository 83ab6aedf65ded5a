"""What a pure function of a procedure is given: a read-only look at one request, with no way to change anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from tapak.sdk.concerned import Concerned
from tapak.sdk.registers import Imported
from tapak.sdk.resources import DesiredResource, Fact, Site, Spec

if TYPE_CHECKING:
    from tapak.sdk.procedure import Procedure, Step
    from tapak.sdk.scanning import ScanReport


@dataclass(frozen=True)
class RequestFacts:
    """The request itself. ``number`` is empty while it is a draft; ``revision`` counts submissions from 1.

    ``agency_kind`` is what kind of unit applies: dinas, badan, rsud, kecamatan, kelurahan, desa or other.
    """

    id: int
    number: str
    state: str
    agency: str
    applicant: str
    revision: int
    submitted_at: datetime | None
    agency_kind: str = ""


@dataclass(frozen=True)
class DocumentRef:
    """A document of the request. ``revision`` is the revision that it came with; ``number`` a letter's own number."""

    id: int
    kind: str
    filename: str
    sha256: str
    size: int
    revision: int
    number: str = ""
    title: str = ""


@dataclass(frozen=True)
class ResourceState:
    """Where one desired resource stands: planned, applying, verifying, live, failed, removing or gone.

    ``removal``: it was declared to be removed. ``spec`` is how it was declared last; None where it is to go.
    """

    key: str
    kind: str
    identity: str
    state: str
    reason: str = ""
    removal: bool = False
    spec: Spec | None = None

    @property
    def done(self) -> bool:
        """Whether it stands as it was declared."""
        return self.state == ("gone" if self.removal else "live")


@dataclass(frozen=True)
class PositionRef:
    """A position of the tenant, with who holds it today (empty where vacant)."""

    key: str
    title: str
    holder: str = ""


@dataclass(frozen=True)
class ServiceRef:
    """A service that the applicant's unit has. ``resources`` are what it consists of, as before this request."""

    id: int
    title: str
    resources: tuple[DesiredResource, ...] = ()


class View(Protocol):
    """Everything that a step kind or a procedure's function may look at.

    ``answers`` is the submission of the current revision; ``results`` the stored input of each finished step of the
    current revision, by step key; ``asked`` what an officer asked the applicant for at this step, whose turn it now
    is (empty otherwise); ``actor`` the name of whoever acts now (empty for a worker); ``settings`` the tenant's
    resolved settings (its own and the plugin's). ``now`` is aware and in the tenant's time zone, so that its date is
    the tenant's today. ``zones`` take new names; ``reverse_zones`` are the tenant's own of addresses. ``scans`` holds
    the newest run of scanners over each document that has one. ``services`` are the live ones of the applicant's unit,
    and the one that the request goes on with (``Procedure.continues``). ``concerned`` is the service that
    a request for a change is about, as it was before; None for any other request.
    """

    @property
    def procedure(self) -> Procedure: ...
    @property
    def step(self) -> Step: ...
    @property
    def request(self) -> RequestFacts: ...
    @property
    def now(self) -> datetime: ...
    @property
    def answers(self) -> Mapping[str, Any]: ...
    @property
    def results(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def asked(self) -> Mapping[str, Any]: ...
    @property
    def actor(self) -> str: ...
    @property
    def concerned(self) -> Concerned | None: ...
    @property
    def documents(self) -> Sequence[DocumentRef]: ...
    @property
    def scans(self) -> Sequence[ScanReport]: ...
    @property
    def facts(self) -> Sequence[Fact]: ...
    @property
    def resources(self) -> Sequence[ResourceState]: ...
    @property
    def services(self) -> Sequence[ServiceRef]: ...
    @property
    def positions(self) -> Sequence[PositionRef]: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    @property
    def zones(self) -> Sequence[str]: ...
    @property
    def reverse_zones(self) -> Sequence[str]: ...

    def facts_of(self, step: str) -> Sequence[Fact]:
        """The figures that stood at ``step`` when it was finished in this revision; the current ones at that step."""
        ...

    def before(self, step: str) -> Mapping[str, Any]:
        """What ``step`` was last finished with in a revision before this one, as stored; empty where it never was."""
        ...

    def position_of(self, actor_key: str) -> str:
        """The key of the position that acts for ``actor_key`` at this tenant; empty where it has no such position."""
        ...

    def name_problem(self, label: str, zone: str) -> str:
        """Why ``label`` can't be given below ``zone``, in Indonesian; empty where it can."""
        ...

    def free_addresses(self) -> Sequence[str]:
        """Public addresses of the tenant's pool that nobody holds."""
        ...

    def offers(self, kind: str, engine: str = "") -> bool:
        """Whether the agency has a server for resources of ``kind`` (for databases: of ``engine``)."""
        ...

    @property
    def can_seal(self) -> bool:
        """Whether the agency has keys that rows of sealed registers are encrypted to."""
        ...

    def imported(self, register: str) -> Imported | None:
        """What the imported ``register`` holds; None where nothing was imported yet."""
        ...

    def rows(self, register: str, **where: Any) -> Sequence[Mapping[str, Any]]:
        """The rows of an open ``register`` whose fields have these stored values, the newest first; 50 at most."""
        ...

    def site_url(self, site: Site) -> str:
        """Where the public opens ``site``, as the connection that it goes to says."""
        ...

    def shared_address(self) -> str:
        """The address of the shared web server; empty where the tenant has none."""
        ...
