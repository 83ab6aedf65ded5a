"""How often strangers may ask; counted in Redis, or in the process while Redis is away."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

TRACKING = "30 per minute"

limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True)
tracking = limiter.shared_limit(TRACKING, scope="tracking")
"""For every door of public tracking: they count together."""


def install(app: Flask, redis_url: str) -> None:
    """Count for ``app``."""
    app.config.setdefault("RATELIMIT_STORAGE_URI", redis_url or "memory://")
    limiter.init_app(app)
