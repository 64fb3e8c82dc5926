"""Setting up on a bare machine: what is missing is named, what is there is left alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.tooling.machine import ROOT, run_python

RUN = "requirements.lock"
KEY = "k" * 50


def cloned(folder: Path) -> Path:
    """A clone as far as setting up is concerned, which pins nothing and so needs no network."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "venv", folder / ".ci" / "venv")
    (folder / RUN).write_text("# nothing\n")
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which nothing was done yet."""
    return cloned(tmp_path)


@pytest.fixture(scope="module")
def ready_clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone that was set up once."""
    clone = cloned(tmp_path_factory.mktemp("clone"))
    done = set_up(clone)
    assert done.returncode == 0, done.stderr
    assert "Making a virtual environment" in done.stdout
    assert "Installing what requirements.lock pins" in done.stdout
    return clone


@pytest.fixture
def ready(ready_clone: Path) -> Path:
    """A clone that is set up for the pins that it has now."""
    (ready_clone / RUN).write_text("# nothing\n")
    assert set_up(ready_clone).returncode == 0
    return ready_clone


def set_up(clone: Path, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ".ci/venv", RUN],
        cwd=clone,
        env={"PATH": "/usr/bin:/bin", "PYTHON": python},
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def stand_in(clone: Path, answer: str) -> str:
    """A python that answers as told; nothing real could be this old, or this incomplete."""
    script = clone / "python3"
    script.write_text(f"#!/bin/sh\n{answer}\n")
    script.chmod(0o755)
    return str(script)


def test_python_that_is_too_old_is_named_with_what_to_install(clone: Path) -> None:
    old = stand_in(clone, '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1')
    done = set_up(clone, old)
    assert done.returncode == 1
    assert "CoffeeCo needs Python 3.11 or newer; here is Python 3.9.2." in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_no_python_at_all_is_named_with_what_to_install(clone: Path) -> None:
    done = set_up(clone, str(clone / "nothing-here"))
    assert done.returncode == 1
    assert "here is no Python 3." in done.stderr


def test_a_missing_venv_package_is_named_with_what_to_install(clone: Path) -> None:
    bare = stand_in(clone, f'case "$2" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"')
    done = set_up(clone, bare)
    assert done.returncode == 1
    assert "its ensurepip module is not installed" in done.stderr
    assert "apt install python3-venv" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.slow
def test_changed_pins_are_installed_into_the_same_environment(ready: Path) -> None:
    (ready / RUN).write_text("# still nothing\n")
    again = set_up(ready)
    assert again.returncode == 0, again.stderr
    assert "Installing" in again.stdout
    assert "Making" not in again.stdout


@pytest.mark.slow
def test_a_half_made_environment_is_made_anew(clone: Path) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to(clone / "a-python-that-was-removed")
    done = set_up(clone)
    assert done.returncode == 0, done.stderr
    assert "Making a virtual environment" in done.stdout


@pytest.mark.slow
def test_an_environment_of_another_python_is_made_anew_and_a_blank_in_its_path_is_no_obstacle(
    ready: Path, tmp_path: Path
) -> None:
    # It says that it is another one; two of them are rarely installed side by side.
    other = tmp_path / "another python" / "python3"
    other.parent.mkdir()
    is_asked = 'case "$2" in *_base_executable*) echo another; exit;; esac'
    other.write_text(f'#!/bin/sh\n{is_asked}\nexec "{sys.executable}" "$@"\n')
    other.chmod(0o755)
    done = set_up(ready, str(other))
    assert done.returncode == 0, done.stderr
    assert "Making a virtual environment" in done.stdout


@pytest.mark.slow
def test_pins_that_cannot_be_installed_are_not_taken_for_installed(ready: Path) -> None:
    (ready / RUN).write_text("./not-there.whl\n")
    for _ in range(2):
        done = set_up(ready)
        assert done.returncode == 1
        assert "pip could not install everything" in done.stderr


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_to_one_version(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert wanted
    assert [line for line in wanted if line.partition(";")[0].count("==") != 1] == []


def test_no_file_names_a_package_index() -> None:
    names = ["Makefile", "Dockerfile", *(f".ci/{name}" for name in ("venv", "lock", "run"))]
    for name in names + [file.name for file in ROOT.glob("requirements*")]:
        text = (ROOT / name).read_text("utf-8")
        assert "index-url" not in text, name
        assert "--index" not in text, name
        assert "://" not in text or not name.startswith("requirements"), name


def pins(text: str) -> dict[str, str]:
    """Package and version of every pin in a requirements file."""
    found = re.findall(r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_has_a_hash_for_every_pin_and_no_other_version(name: str) -> None:
    pinned = pins((ROOT / "requirements.txt").read_text("utf-8"))
    pinned |= pins((ROOT / f"{name}.txt").read_text("utf-8"))
    lock = (ROOT / f"{name}.lock").read_text("utf-8")
    assert pins(lock) == pinned, "run: make lock"
    for entry in re.split(r"\n(?=\w)", lock.strip()):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_every_direct_dependency_is_explained_and_every_licence_named() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8").lower()
    explained, _, licences = text.partition("\n## licences\n")
    for name in ("requirements.txt", "requirements-dev.txt"):
        direct, _, others = (ROOT / name).read_text("utf-8").partition("# What those need.")
        for package in pins(direct):
            assert f"`{package}`" in explained, package
        for package in pins(direct + others):
            assert licences.count(f"`{package}`") == 1, package


WITHOUT_DRIVER = """
import sys
sys.modules["iris"] = None
from coffeeco_site.wsgi import application
from django.test import Client
print(Client(HTTP_HOST="localhost").get("/healthz").status_code)
"""


@pytest.mark.parametrize(
    ("url", "last_words"),
    [
        ("database://", "200"),
        ("iris://coffee:hunter2@localhost/COFFEECO", "Install it: pip install intersystems-iri"),
    ],
)
def test_only_a_shop_on_iris_needs_its_driver(url: str, last_words: str) -> None:
    started = run_python("-c", WITHOUT_DRIVER, settings={"INVENTORY_URL": url, "SECRET_KEY": KEY})
    assert last_words in (started.stderr + started.stdout).splitlines()[-1]


def test_every_module_and_path_that_a_command_names_is_there() -> None:
    files = [ROOT / "Makefile", ROOT / ".ci" / "run", *(ROOT / ".github").rglob("*.yml")]
    commands = "".join(file.read_text("utf-8") for file in files)
    modules = re.findall(r"-m (tests[\w.]+)", commands)
    paths = re.findall(r"\btests/[\w./]+", commands)
    assert modules
    assert paths
    assert [name for name in modules if not find_spec(name)] == []
    assert [path for path in paths if not (ROOT / path).exists()] == []
