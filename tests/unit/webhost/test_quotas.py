"""Whether the disk under sites has quotas is asked of the kernel, for the device that they lie on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tapak_webhost.agent import kernel, quotas


@pytest.mark.parametrize("enforces", [True, False])
def test_the_device_under_a_folder_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enforces: bool) -> None:
    asked: list[str] = []
    monkeypatch.setattr(kernel, "enforces_quotas", lambda device: asked.append(device) or enforces)
    assert quotas.enforced(tmp_path) is enforces
    told = subprocess.run(["df", "--output=source", str(tmp_path)], check=True, capture_output=True, text=True).stdout
    assert told.split()[-1] in asked


def test_what_is_no_disk_has_none() -> None:
    assert not kernel.enforces_quotas("/nonexistent")
    assert not kernel.enforces_quotas("tmpfs")
