"""The application's file: which one is the current one, what scanners say of it, and which one was verified before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tapak.sdk.forms import ARCHIVES, LARGEST_APPLICATION, Upload
from tapak.sdk.request_view import delivered
from tapak.sdk.scanning import Difference, ScannerRun, ScanReport, difference
from tapak.sdk.view import DocumentRef, View

KIND = "application"
STEP = "verify"
OLD = 30
"""Days from which on signatures and advisories are called old."""


def upload(help: str, page: str = "") -> Upload:
    """The file as a form takes it: looked through as soon as it is there."""
    return Upload(KIND, "File aplikasi", help, page, media_types=ARCHIVES, largest=LARGEST_APPLICATION, scanned=True)


def current(view: View) -> DocumentRef | None:
    """The newest file of the current revision; None where none was sent."""
    return delivered(view, KIND)


def verified(view: View) -> Mapping[str, Any]:
    """What the verification of this revision was finished with; empty where there is none yet."""
    return view.results.get(STEP, {})


def scan_before(view: View) -> ScanReport | None:
    """The run over the file that the verification before was about; None where there is none."""
    digest = view.before(STEP).get("sha256")
    runs = [each for each in view.scans if each.sha256 == digest and each.revision < view.request.revision]
    return runs[-1] if runs else None


def changes(view: View, scan: ScanReport | None) -> Difference | None:
    """What ``scan`` found that the file verified before hadn't, no longer has, and still has; None for a first one."""
    before = scan_before(view)
    return difference(before.findings, scan.findings) if scan and before else None


def age(scanner: ScannerRun, now: datetime) -> int | None:
    """Whole days since the newest of the scanner's signatures or advisories; None where it isn't known."""
    return None if scanner.signatures_at is None else max(0, (now - scanner.signatures_at).days)
