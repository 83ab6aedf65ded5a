"""What an agency asks for beside the printed Kelengkapan, put into the step's form: files, or boxes to tick."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from marshmallow import validate

from tapak.sdk.fields import Choices
from tapak.sdk.forms import Form, StepSchema, Upload
from tapak.sdk.procedure import Step

CONFIRMED = "confirmed"
"""The field in which an official ticks what the agency asks for in addition."""
LABEL = "Kelengkapan tambahan (di luar SOP)"
TICKED = "Centang setelah masing-masing diperiksa ada; langkah ini tidak dapat diselesaikan tanpanya."
SENT = "Diminta instansi sebagai kelengkapan tambahan (di luar SOP). PDF."


def with_additions(form: Form, step: Step) -> Form:
    """``form`` with a file for each added paper of ``step``, and a box for each thing to be confirmed."""
    added = [(*required.by.partition(":"), required.title) for required in step.required_inputs if required.added]
    papers = {what: title for how, _, what, title in added if how == "document"}
    ticks = tuple(what for how, _, what, _title in added if how == "confirmed")
    if papers:
        page = form.uploads[-1].page if form.uploads else form.pages[-1].key if form.pages else ""
        more = (Upload(kind, title, SENT, page) for kind, title in papers.items())
        form = replace(form, uploads=(*form.uploads, *more))
    if ticks:
        page = form.pages[-1].key if form.pages else ""
        form = replace(form, schema=_with_ticks(form.schema, ticks, page))
    return form


@lru_cache(maxsize=256)
def _with_ticks(schema: type[StepSchema], titles: tuple[str, ...], page: str) -> type[StepSchema]:
    ticks: Any = Choices(LABEL, optional=True, help=TICKED, page=page)
    ticks.validators = [*ticks.validators, validate.ContainsOnly(titles, titles, error="Pilih dari daftar.")]
    made: Any = schema.from_dict({CONFIRMED: ticks}, name=f"{schema.__name__}Added")
    return made  # type: ignore[no-any-return]
