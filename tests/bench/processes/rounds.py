"""What a measured process does: say that it is ready, then work for as long as each line of its input tells."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable


def serve(act: Callable[[], object]) -> None:
    """Run ``act`` over and over for every number of seconds on standard input; tells how often and how long."""
    print("ready", flush=True)
    for line in sys.stdin:
        seconds = float(line)
        count = 0
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            act()
            count += 1
        print(json.dumps([count, time.perf_counter() - began]), flush=True)
