"""Ends a process whose job hangs: SIGALRM ends it, and the supervisor starts another."""

from __future__ import annotations

import signal

HANGING = 10
"""A job that holds on for this many leases without a sign hangs."""


def set_alarm(seconds: float) -> None:
    """End this process in ``seconds`` unless the alarm is set anew or cleared (0) before; from any thread."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
