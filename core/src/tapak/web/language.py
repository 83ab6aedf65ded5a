"""Indonesian first, English second; the message ids are the Indonesian words themselves."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Blueprint, Flask, Response, redirect, request
from flask_babel import Babel, Domain, get_locale

from tapak.http import scope
from tapak.sdk.errors import NotFound
from tapak.web.account import account
from tapak.web.places import inside

CATALOGUES = Path(__file__).parent / "translations"
LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
DEFAULT = "id"
COOKIE = "tapak_language"
SWITCH_URL = "/bahasa"
YEAR = 365 * 24 * 60 * 60

blueprint = Blueprint("web_language", __name__)


@cache
def catalogue(language: str, folders: tuple[Path, ...] = (CATALOGUES,)) -> NullTranslations:
    """The translations into ``language`` of every folder, the first that knows a word says it; none for Indonesian."""
    found = [_read(folder / language / "LC_MESSAGES" / "messages.po", language) for folder in folders]
    first, *others = [each for each in found if each is not None] or [NullTranslations()]
    for other in others:
        first.add_fallback(other)
    return first


def _read(source: Path, language: str) -> NullTranslations | None:
    if not source.is_file():
        return None
    compiled = BytesIO()
    with source.open("rb") as opened:
        write_mo(compiled, read_po(opened, locale=language))
    compiled.seek(0)
    return Translations(compiled)


class Catalogues(Domain):
    """Flask-Babel's domain over the catalogues as they are written, so that nothing needs compiling."""

    def get_translations(self) -> NullTranslations:
        """The catalogues of the response's language: core's, then those of plugins."""
        brought = (each.translations for each in scope.kit().registry.folders.values())
        return catalogue(str(get_locale() or DEFAULT), (CATALOGUES, *(folder for folder in brought if folder)))


class Languages(Babel):
    """Flask-Babel with our catalogues."""

    domain_instance = Catalogues()


def install(app: Flask) -> None:
    """Choose each response's language and give templates ``language`` and ``LANGUAGES``."""
    Languages(app, default_locale=DEFAULT, locale_selector=chosen)
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, language=lambda: str(get_locale() or DEFAULT))


def chosen() -> str:
    """The signed-in account's language, else the cookie's, else Indonesian."""
    who = account()
    wanted = who.language if who is not None else request.cookies.get(COOKIE, "")
    return wanted if wanted in LANGUAGES else DEFAULT


@blueprint.post(SWITCH_URL)
def switch() -> Any:
    """Remember the language, with the account where somebody is signed in, and go back to where the reader was."""
    code = request.form.get("language", "")
    if code not in LANGUAGES:
        raise NotFound("Bahasa ini tidak tersedia.", log=f"no language {code!r}")
    who = account()
    if who is not None:
        who.language = code
        scope.session().commit()
    answer: Response = redirect(inside(request.form.get("back", "")), 303)  # type: ignore[assignment]
    answer.set_cookie(COOKIE, code, max_age=YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return answer
