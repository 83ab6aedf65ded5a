"""Logs of every process of a deployment: one JSON object a line, tracebacks without the values of variables."""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """Log to standard error; libraries' warnings too."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
