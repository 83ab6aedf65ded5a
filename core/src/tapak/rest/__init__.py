"""The JSON door: ``/api/v1``, described by OpenAPI 3.1 from the same schemas that validate."""

from tapak.rest.api import install

__all__ = ["install"]
