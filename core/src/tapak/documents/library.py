"""Letters as folders: ``letter.toml`` (title, a sample of its context), ``letter.html`` and ``letter.css``.

A letter's name has the prefix of the member that brings it (``tapak/notice``). Templates may extend
``tapak/base/letter.html`` and import the parts of ``tapak/base/parts.html``. They run in a sandbox, are given plain
values only and escape whatever they print.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, PrefixLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tapak.documents.wording import head_of
from tapak.plugins import Registry
from tapak.sdk.errors import NotFound, TapakError
from tapak.sdk.wording import nip_spaced

LETTERS = Path(__file__).parent / "letters"
PREFIX = "tapak"
BASE = f"{PREFIX}/base"

_NAME = re.compile(r"([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)")


class BadLetter(TapakError):
    """A letter's template does not fit what it was given."""

    code = "bad_letter"
    status = 500


@dataclass(frozen=True)
class LetterTemplate:
    """A kind of letter. ``sample`` is a complete context to preview it with; ``styles`` is CSS, in order."""

    name: str
    title: str
    styles: tuple[str, ...]
    sample: Mapping[str, Any] = field(default_factory=dict)


class LetterLibrary:
    """The letters of core and of ``folders``: prefix → folder of letter folders."""

    def __init__(self, folders: Mapping[str, Path] | None = None) -> None:
        self.folders: dict[str, Path] = {**(folders or {}), PREFIX: LETTERS}
        self._environment = ImmutableSandboxedEnvironment(
            loader=PrefixLoader({prefix: FileSystemLoader(folder) for prefix, folder in self.folders.items()}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"nip": nip_spaced, "head_of": head_of}
        self._letters: dict[str, LetterTemplate] = {}

    def names(self) -> tuple[str, ...]:
        """Every letter's name, sorted."""
        return tuple(
            sorted(
                f"{prefix}/{path.parent.name}"
                for prefix, folder in self.folders.items()
                for path in folder.glob("*/letter.toml")
            )
        )

    def letter(self, name: str) -> LetterTemplate:
        """The letter ``name``.

        Raises:
            NotFound: nobody brings such a letter.
        """
        if name not in self._letters:
            self._letters[name] = self._read(name)
        return self._letters[name]

    def html(self, name: str, context: Mapping[str, Any]) -> str:
        """The letter as HTML.

        Raises:
            NotFound: nobody brings such a letter.
            BadLetter: the template reaches for something that the context doesn't hold, or that it may not have.
        """
        self.letter(name)
        try:
            return self._environment.get_template(f"{name}/letter.html").render(context)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as problem:
            raise BadLetter(
                "Surat tidak dapat dibuat karena templatnya tidak cocok. Hubungi pengelola sistem, lalu coba lagi.",
                log=f"letter {name}: {type(problem).__name__}: {problem}",
            ) from problem

    def _read(self, name: str) -> LetterTemplate:
        match = _NAME.fullmatch(name)
        folder = self.folders[match[1]] / match[2] if match and match[1] in self.folders else None
        if folder is None or not (folder / "letter.toml").is_file():
            raise NotFound(f"Templat surat {name} tidak ada. Hubungi pengelola sistem.", log=f"no letter {name!r}")
        told = tomllib.loads((folder / "letter.toml").read_text())
        common = tomllib.loads((LETTERS / "base" / "sample.toml").read_text())
        styles = tuple(path.read_text() for path in (LETTERS / "base" / "letter.css", folder / "letter.css"))
        return LetterTemplate(name, told["title"], styles, {**common, **told.get("sample", {})})


CORE_LETTERS = LetterLibrary()


@cache
def installed_letters(registry: Registry) -> LetterLibrary:
    """Core's letters and those of the plugins in ``registry``."""
    brought = ((prefix, folders.letters) for prefix, folders in registry.folders.items())
    return LetterLibrary({prefix: folder for prefix, folder in brought if folder is not None})
