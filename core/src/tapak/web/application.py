"""Putting the pages on the application."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect
from jinja2 import FileSystemLoader, PrefixLoader, StrictUndefined

from tapak.accounts import security
from tapak.http import limits, scope
from tapak.http.kit import Kit
from tapak.web import (
    active,
    agenda,
    assets,
    certificates,
    connections,
    guard,
    headers,
    home,
    inbox,
    language,
    layout,
    links,
    maintenance,
    panel,
    papers,
    procedures,
    refusals,
    registers,
    reports,
    requests,
    scans,
    services,
    settings,
    tasks,
    tracking,
    wizard,
    words,
    zone_names,
)

STATIC_URL = "/static"
CORE = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC_URL)
# Names start with "web_": those of the API's blueprints live in the same application.
PAGES = (
    home,
    services,
    active,
    panel,
    tracking,
    requests,
    inbox,
    agenda,
    registers,
    reports,
    maintenance,
    zone_names,
    certificates,
    tasks,
    wizard,
    papers,
    scans,
    procedures,
    connections,
    settings,
    links,
    language,
    guard,
)
BLUEPRINTS = (CORE, *(module.blueprint for module in PAGES))


def install(app: Flask, kit: Kit) -> None:
    """Serve the pages on ``app``: their blueprints, sign-in, language, protection and the telling of errors."""
    app.static_url_path = STATIC_URL  # Bootstrap-Flask makes the path of its own files from it
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True, WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    app.config["SECURITY_FRESHNESS"] = timedelta(minutes=-1)  # Flask-Security then has no page to sign in anew
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages = ((prefix, folders.pages) for prefix, folders in kit.registry.folders.items())
    # "kota:check_site.html": a plugin's templates can't take the place of core's, nor of another plugin's.
    app.jinja_loader = PrefixLoader({prefix: FileSystemLoader(path) for prefix, path in pages if path}, delimiter=":")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    Bootstrap5(app)
    language.install(app)
    CSRFProtect(app)
    guard.install(app)
    security.install(app, scope.session, scope.today, secure=kit.config.secure_cookies)
    limits.install(app, kit.config.redis_url)
    for part in (assets, headers, layout, words, refusals):
        part.install(app)
