"""Python runs this file as it starts, where its folder is on the path: the process lives at another moment then."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(os.environ["TAPAK_MOMENT_OFFSET"]))).start()
