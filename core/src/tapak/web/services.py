"""The catalogue of services, each with its procedure as printed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from tapak.http import scope
from tapak.requests.snapshots import offered_procedure, open_services
from tapak.web.chart import chart

blueprint = Blueprint("web_services", __name__)


@blueprint.get("/layanan")
def services() -> Any:
    """Services that take requests today."""
    return render_template("services/list.html", services=open_services(scope.desk()))


@blueprint.get("/layanan/<key>")
def service(key: str) -> Any:
    """A service with the head of its SOP and its chart."""
    procedure = offered_procedure(scope.desk(), key)
    return render_template("services/service.html", procedure=procedure, chart=chart(procedure))
