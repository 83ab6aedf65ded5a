"""Pages: server-rendered, in Indonesian first, whole without JavaScript."""

from tapak.web.application import install

__all__ = ["install"]
