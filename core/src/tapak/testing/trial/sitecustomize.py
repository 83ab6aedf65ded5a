"""Python runs this file as it starts, where its folder is on the path: a process of a deployment that tests use.

It hashes passwords at the least cost.
"""

from __future__ import annotations

from argon2 import PasswordHasher

from tapak.accounts import passwords

passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
