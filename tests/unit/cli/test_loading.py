"""Commands and providers are loaded when they are asked for, and are the same as if all had been."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from tapak.cli import zones
from tapak.cli.main import ELSEWHERE, tapak
from tapak.plugins import providers_alone, registry


@pytest.mark.parametrize("place", [*ELSEWHERE.values(), *zones.COMMANDS.values()])
def test_every_command_is_where_it_is_said_to_be(place: str) -> None:
    group = tapak if place in ELSEWHERE.values() else zones.zone
    (name,) = [name for name, at in {**ELSEWHERE, **zones.COMMANDS}.items() if at == place]
    assert isinstance(group.get_command(click.Context(group), name), click.Command)


def test_a_provider_alone_is_the_installed_one() -> None:
    assert {name: providers_alone().providers[name] for name in registry().providers} == registry().providers
    assert providers_alone().providers.get("tiada") is None


def test_a_quick_command_loads_no_plugin_but_its_provider() -> None:
    told = (
        "import sys; import tapak.cli.zone_diff; from tapak.plugins import providers_alone; "
        "providers_alone().providers['bind']; "
        "print([name for name in sys.modules if name in ('tapak_tarakan', 'tapak_webhost', 'openpyxl', 'weasyprint')])"
    )
    done = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
