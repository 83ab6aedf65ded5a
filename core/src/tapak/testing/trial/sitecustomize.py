"""Python runs this file as it starts, where its folder is on the path: a process of a deployment that tests use.

It hashes passwords at the least cost, and lives at another moment where it is told one.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import time_machine
from argon2 import PasswordHasher

from tapak.accounts import passwords

passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
if offset := os.environ.get("TAPAK_MOMENT_OFFSET"):
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(offset))).start()
