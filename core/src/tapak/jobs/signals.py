"""Ending in order when asked to."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


def on_end_signals(stop: Callable[[], None]) -> None:
    """Have SIGTERM and SIGINT call ``stop``; does nothing outside a process's main thread."""
    if threading.current_thread() is threading.main_thread():
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda _signum, _frame: stop())
