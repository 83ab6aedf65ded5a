"""One change of a site's account at a time."""

from __future__ import annotations

from tapak_webhost.agent import accounts, fences, sites
from tapak_webhost.agent.accounts import AccountSpec, Password
from tapak_webhost.agent.host import Host
from tapak_webhost.agent.protocol import CHANGED_MEANWHILE, NO_SITE, AgentError


def apply(
    host: Host,
    name: str,
    desired: AccountSpec | None,
    observed: AccountSpec | None,
    password: Password | None,
    fence: int,
) -> None:
    """Bring the account of ``name`` from ``observed`` to ``desired``; ``password`` is for one that has none yet.

    Raises:
        AgentError: nothing was changed.
    """
    known = host.accounts
    known.offered()
    found, record = known.standing(name), known.record(name)
    fences.admit(host.places["fences"], f"account@{name}", fence, record.fence if record else 0)
    if found == desired:
        return
    if found != observed:
        raise AgentError(CHANGED_MEANWHILE, f"{name}: the account isn't as it was observed", name=name)
    if desired is None:
        known.take(name)
        return
    accounts.check(desired)
    if sites.read_meta(host.web, name) is None:
        raise AgentError(NO_SITE, f"{name}: there is no site for an account", name=name)
    host.runtime.take_over(name)
    known.give(desired, password, fence)
