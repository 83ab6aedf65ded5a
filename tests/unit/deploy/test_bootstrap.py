import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from tapak.demo.servers.process import hand_over, unprivileged

Bootstrap = Callable[..., subprocess.CompletedProcess[str]]

WITHOUT_APACHE = """#!/bin/sh
case "$*" in *apache2*|*chromium*) exit 1;; esac
echo installed
"""


@pytest.fixture
def bootstrap(project_root: Path, server_directory: Path) -> Bootstrap:
    """Run ``deploy/bootstrap`` of a bare checkout as an ordinary user of a machine that lacks two packages."""
    tree = Path(tempfile.mkdtemp(dir=server_directory))
    copytree(project_root / "deploy", tree / "deploy", dirs_exist_ok=True)
    hand_over(tree, "nobody", 0o755)
    programs = tree / "bin"
    programs.mkdir()
    (programs / "dpkg-query").write_text(WITHOUT_APACHE)
    (programs / "dpkg-query").chmod(0o755)
    (programs / "sudo").write_text("#!/bin/sh\nexit 1\n")
    (programs / "sudo").chmod(0o755)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*unprivileged("nobody"), str(tree / "deploy" / "bootstrap"), *arguments]
        environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    return run


def test_whoever_may_not_install_is_told_what_to_have_run(bootstrap: Bootstrap) -> None:
    result = bootstrap()
    assert result.returncode == 1
    assert "apt-get install -y --no-install-recommends apache2\n" in result.stderr
    assert "administrator" in result.stderr


def test_the_tests_need_a_browser_as_well(bootstrap: Bootstrap) -> None:
    assert "--no-install-recommends apache2 chromium-headless-shell\n" in bootstrap("--test").stderr


def test_an_unknown_word_is_refused(bootstrap: Bootstrap) -> None:
    result = bootstrap("--tset")
    assert (result.returncode, result.stderr) == (2, "usage: deploy/bootstrap [--test]\n")
