"""The proof of the image where no container can run: it says why and fails nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tooling import container

WORKS = "exit 0"
SAYS_NO = 'case "$1" in run) echo "crun: not permitted" >&2; exit 126;; esac'


@pytest.mark.parametrize(
    ("programs", "reason"),
    [
        ({}, "neither podman nor docker is installed"),
        ({"podman": WORKS}, "no base could be made"),
        ({"podman": WORKS, "mmdebstrap": "echo no mirror; exit 1"}, "mmdebstrap: no mirror"),
        ({"docker": "echo no daemon >&2; exit 1", "mmdebstrap": WORKS}, "docker: no daemon"),
        ({"docker": SAYS_NO, "mmdebstrap": WORKS}, "docker: crun: not permitted"),
    ],
)
def test_a_machine_without_containers_says_why(
    programs: dict[str, str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, script in programs.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(container, "download_wheels", lambda _folder: None)
    container.main()
    (said,) = capsys.readouterr().out.splitlines()
    assert said.startswith("The image was not built: ")
    assert reason in said
