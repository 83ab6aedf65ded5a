"""The WSGI application: one tenant's host, pages and REST on the same parts."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from tapak import rest, web
from tapak.config import Config
from tapak.http import scope
from tapak.http.bodies import ReadToTheEnd
from tapak.http.forwarded import UndeclaredProxy
from tapak.http.kit import Kit
from tapak.http.tenancy import TenantMiddleware
from tapak.jobs.logs import configure
from tapak.jobs.poke import Poke
from tapak.tenants.hosts import TenantHosts


class RowId(IntegerConverter):
    """The id of a row in an address; what no id can be is not found."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


JSON_LIMIT = 128 * 1024


class Anything(BaseConverter):
    """The rest of an address as it is, with slashes and line ends, so that whoever reads it can say what is wrong."""

    regex = r"[\s\S]+"
    part_isolating = False


def make_app(kit: Kit) -> Flask:
    """A Flask application over ``kit``; nothing of it is global."""
    app = Flask("tapak", static_folder=None, template_folder=None)
    app.extensions["tapak"] = kit
    app.url_map.converters.update({"int": RowId, "anything": Anything})
    app.config.update(SECRET_KEY=kit.config.secret_key, MAX_CONTENT_LENGTH=kit.config.upload_limit + 64 * 1024)
    app.before_request(_bound_json)
    app.teardown_request(scope.close)
    web.install(app, kit)
    rest.install(app, kit.registry)
    app.wsgi_app = TenantMiddleware(app.wsgi_app, TenantHosts(kit.database))  # type: ignore[method-assign]
    app.wsgi_app = ReadToTheEnd(app.wsgi_app, app.config["MAX_CONTENT_LENGTH"])  # type: ignore[method-assign]
    if kit.config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=kit.config.proxies, x_proto=kit.config.proxies, x_host=0)  # type: ignore[method-assign]
    else:
        app.wsgi_app = UndeclaredProxy(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _bound_json() -> None:
    """A JSON body is small: only files are large, and those come as forms."""
    if not request.is_json:
        return
    request.max_content_length = JSON_LIMIT
    if request.content_length is None:  # in chunks: werkzeug cuts such a body off at its limit without a word
        request.max_content_length = JSON_LIMIT + 1
        if len(request.get_data()) > JSON_LIMIT:
            raise RequestEntityTooLarge


def from_environment() -> Flask:
    """What ``gunicorn 'tapak.wsgi:from_environment()'`` serves."""
    configure()
    config = Config.from_environment()
    Poke(config.redis_url).install()
    return make_app(Kit.from_config(config))
