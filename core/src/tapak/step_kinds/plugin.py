"""Core's own entry point: its kinds, registers, scanners and provider come in by the door that every plugin uses."""

from __future__ import annotations

from collections.abc import Sequence

from tapak.certificates.own import OwnCertificate
from tapak.scanning.scanners.clamav import ClamavScanner
from tapak.scanning.scanners.dependencies import DependencyScanner
from tapak.scanning.scanners.yara import HiddenLinkScanner, SecretScanner, WebShellScanner
from tapak.sdk.hookspecs import hookimpl
from tapak.sdk.provider import Provider
from tapak.sdk.registers import Register
from tapak.sdk.scanning import Scanner
from tapak.sdk.step_kinds import StepKind
from tapak.step_kinds.ask_applicant import AskApplicant
from tapak.step_kinds.branch import Branch
from tapak.step_kinds.close import Close
from tapak.step_kinds.decide import Decide
from tapak.step_kinds.dispose import Dispose
from tapak.step_kinds.hand_over import HandOver
from tapak.step_kinds.provision import Provision
from tapak.step_kinds.register_letter import RegisterLetter
from tapak.step_kinds.registers import REGISTERS
from tapak.step_kinds.report import Report
from tapak.step_kinds.review import Review
from tapak.step_kinds.submit import Submit
from tapak.step_kinds.work import Work


@hookimpl
def step_kinds() -> Sequence[StepKind]:
    """The generic kinds."""
    return (
        Submit(),
        RegisterLetter(),
        Dispose(),
        Review(),
        Decide(),
        Branch(),
        AskApplicant(),
        Work(),
        Provision(),
        HandOver(),
        Report(),
        Close(),
    )


@hookimpl
def providers() -> Sequence[type[Provider]]:
    """The one that reaches no server: what an agency has uploaded itself."""
    return (OwnCertificate,)


@hookimpl
def registers() -> Sequence[Register]:
    """The registers that they write."""
    return REGISTERS


@hookimpl
def scanners() -> Sequence[type[Scanner]]:
    """What looks through every application."""
    return (ClamavScanner, WebShellScanner, HiddenLinkScanner, SecretScanner, DependencyScanner)
