"""What a database provider's tests need of a running server, and what they try it with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tapak.sdk.databases import Database
from tapak.sdk.provider import Applied, Change, Provider
from tapak.sdk.resources import Spec
from tapak.testing.faults import dying

TIMEOUT = 30.0
HOSTILE_NAMES = (
    "",
    "a" * 49,
    "9lives",
    "_a",
    "a-b",
    "a.b",
    "a b",
    "a\nb",
    "a\n",
    "a`; drop database mysql; --",
    'a"; drop database postgres; --',
    "a'b",
    "a%",
    "a\\_b",
    "../a",
    "ä",
    "a\0b",
)
HOSTILE_OWNERS = (
    'O\'Brien "Dinas" `x` \\ %s %(a)s {b}',
    "'; drop table x; --",
    "Dinas 😀 ꦠꦥꦏ᭄",
    '{"tapak": 1}',
    '"' * 200,
)
_NUMBERS = count(1)


class DatabaseHost(ABC):
    """A running server that a test may look at from the outside and touch by hand."""

    engine: str
    refusal: type[Exception]
    """What the server's own client raises where it says no."""

    @abstractmethod
    def provider(self, **settings: Any) -> Provider:
        """A new connection to it with ``settings`` changed; the test closes it."""

    @abstractmethod
    def session(self, made: Applied) -> AbstractContextManager[Callable[[str], Sequence[tuple[Any, ...]]]]:
        """A session of a site with what it was given: runs a statement, gives its rows."""

    @abstractmethod
    def visible(self, made: Applied) -> set[str]:
        """The databases that a site may enter, besides the server's own that it can't be kept from."""

    @abstractmethod
    def trespasses(self, other: str) -> Sequence[str]:
        """Statements by which a site would touch another database or the server."""

    @abstractmethod
    def statement(self) -> tuple[type, str]:
        """Class and method of the provider by which every statement goes to the server."""

    @abstractmethod
    def changes_by_hand(self) -> Sequence[Callable[[Applied], object]]:
        """Ways in which somebody may undo what was made."""

    @abstractmethod
    def let_in(self, made: Applied, other: str) -> None:
        """Let a site into another database, by hand, so that ``read`` needn't see it but ``verify`` must."""

    @abstractmethod
    def plant(self, spec: Database) -> None:
        """Make somebody else's database where ``spec`` would go, by hand."""

    @abstractmethod
    def planted(self, spec: Database) -> bool:
        """Whether what :meth:`plant` made still holds what it held."""

    @abstractmethod
    def plant_user(self, spec: Database) -> None:
        """Make somebody else's user where that of ``spec`` would go, by hand."""

    @abstractmethod
    def planted_user(self, spec: Database) -> bool:
        """Whether it still gets in with its own password."""

    @abstractmethod
    def databases(self, spec: Database) -> list[str]:
        """Databases called as that of ``spec``."""

    @abstractmethod
    def last_dumps(self, spec: Database) -> list[Path]:
        """What was kept as the database was removed."""

    @abstractmethod
    def without_rights(self) -> AbstractContextManager[Mapping[str, Any]]:
        """Settings of an administrator who may log in and nothing else."""

    @abstractmethod
    def logging_statements(self) -> AbstractContextManager[Callable[[], str]]:
        """Have the server write down every statement; gives what it wrote."""

    def settle_statistics(self, made: Applied) -> None:
        """Have the server's figures be up to date."""

    def with_a_view(self, table: str) -> Sequence[str]:
        """Statements that make ``pandangan``, a view of ``table``."""
        return (f"create view pandangan as select * from {table}",)  # noqa: S608

    def ask(self, made: Applied, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as the site; gives the rows of the last one."""
        with self.session(made) as run:
            rows: Sequence[tuple[Any, ...]] = ()
            for statement in statements:
                rows = run(statement)
            return list(rows)

    @contextmanager
    def dying(self, after: int) -> Iterator[None]:
        """The process dies after so many statements; of those after it none reaches the server."""
        with dying([self.statement()], after):
            yield


def new_database(engine: str) -> Database:
    """A database that no other test knows."""
    return Database(engine, f"uji_{next(_NUMBERS)}", owner="Dinas Contoh")


def apply(provider: Provider, desired: Spec | None, observed: Spec | None = None) -> Applied:
    """One change from ``observed`` to ``desired``."""
    spec = desired or observed
    assert spec is not None
    change = Change("delete" if not desired else "update" if observed else "create", spec.identity, desired, observed)
    (applied,) = provider.apply([change], fence=1, timeout=TIMEOUT)
    assert applied.identity == spec.identity
    return applied


def standing(provider: Provider, spec: Database) -> Spec | None:
    """What the provider reads at the identity of ``spec``."""
    return provider.read([spec])[spec.identity]


def live(provider: Provider, spec: Database, timeout: float = 5.0) -> bool:
    """Whether the provider sees that the site gets in, and nowhere else."""
    (seen,) = provider.verify([spec], timeout=timeout)
    return seen.live
