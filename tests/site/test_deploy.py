"""What operators copy: the files in deploy/ and the blocks of the documents."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import URLResolver, get_resolver

from coffeeco_site.limits import TAKE_FILES
from tests.support.tooling.machine import (
    IS_CI,
    ROOT,
    copy_project,
    run_manage,
    run_python,
    setting_names,
)
from tests.support.tooling.upgrade import stage

UNITS = ROOT / "deploy" / "systemd"
COMMON = UNITS / "coffeeco-.service.d" / "common.conf"
EXPOSURE = 30
"""Tenths of the exposure level that systemd-analyze may find at most."""


def program(name: str, package: str) -> str:
    """A program that reads one of the files; CI has all of them."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        reason = f"{name} is not installed here; on Debian: apt install {package}"
        (pytest.fail if IS_CI else pytest.skip)(reason)
    return str(found)


def run(*command: str | Path, cwd: Path = ROOT, text: str = "") -> str:
    """What a program says about a text that it takes; fails with the same if it does not."""
    done = subprocess.run(
        command,
        cwd=cwd,
        check=False,
        input=text,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def blocks() -> Iterator[tuple[str, str, str]]:
    """The blocks of the documents that can be parsed: where each stands, its language, its text."""
    block = re.compile(r"^```(sh|ini|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for number, (language, text) in enumerate(block.findall(file.read_text("utf-8"))):
            yield f"{file.name} {number + 1}", language, text


def ini(text: str) -> configparser.RawConfigParser:
    """Settings in sections; a name may be there more than once, as in systemd's files."""
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


BLOCKS = [pytest.param(language, text, id=where) for where, language, text in blocks()]


@pytest.mark.parametrize(("language", "text"), BLOCKS)
def test_a_block_of_the_documents_can_be_copied(language: str, text: str) -> None:
    match language:
        case "sh":
            run("bash", "-n", text=text)
            # A file of settings takes a comment behind a value for a part of it.
            assert not re.search(r"^[A-Z_]+=.*\s#", text, re.MULTILINE)
        case "ini":
            assert ini(text).sections()
        case _:
            assert yaml.safe_load(text)


@pytest.mark.parametrize(
    "file", [*sorted((ROOT / ".github").rglob("*.yml")), ROOT / ".pre-commit-config.yaml"], ids=str
)
def test_a_workflow_is_sound_yaml_with_sound_commands(file: Path) -> None:
    found = yaml.safe_load(file.read_text("utf-8"))
    for job in found.get("jobs", {}).values():
        assert {"runs-on", "timeout-minutes", "steps"} <= set(job)
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            run("bash", "-n", text=step.get("run", ""))


@pytest.mark.parametrize("file", [".ci/run", ".github/workflows/ci.yml"])
def test_what_runs_the_tests_installs_the_programs_that_they_ask_for(file: str) -> None:
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "site").glob("*.py"))
    asked = set(re.findall(r'program\("[^"]+", "([a-z-]+)"\)', tests))
    assert {"nginx-light", "prometheus"} <= asked
    assert asked <= set(re.findall(r"[a-z][a-z-]+", (ROOT / file).read_text("utf-8")))


def test_the_contract_is_asked_of_the_iris_that_the_document_starts() -> None:
    """By one process with two connections, because the Community Edition lets eight in."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "iris.yml").read_text("utf-8"))
    job = workflow["jobs"]["contract"]
    steps = [step.get("uses") or step["run"] for step in job["steps"]]
    order = ["actions/checkout@", "read_or_make_passwords", "docker run --name", "setup_inventory"]
    order.append("pytest")
    places = [at for word in order for at, step in enumerate(steps) if word in step]
    assert len(places) == len(order)
    assert places == sorted(places), "IRIS reads a file of the checkout, so it starts after it"
    start, suite = steps[places[2]], steps[places[-1]]
    (shown,) = (text for _, _, text in blocks() if "docker run --name iris" in text)
    _, *document = shown.splitlines()
    assert start.splitlines()[: len(document)] == document
    assert job["env"] == {"IRIS_CONNECTIONS": "2"}
    assert "--numprocesses 0 " in suite


def test_the_version_is_the_same_wherever_it_is_named() -> None:
    places = {
        "pyproject.toml": r'^version = "(.+)"$',
        "module.xml": r"<Version>(.+)</Version>",
        "CHANGELOG.md": r"\A# Changes\n\n## (\S+) \(\d{4}-\d\d-\d\d\)$",
        "docs/operations.md": r"^VERSION=v(.+)$",
    }
    found = {
        file: re.findall(pattern, (ROOT / file).read_text("utf-8"), re.MULTILINE)
        for file, pattern in places.items()
    }
    (version,) = found["pyproject.toml"]
    assert all(names == [version] for names in found.values()), found


def test_every_setting_reaches_the_containers_and_their_logs_are_limited() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    for name in ("migrate", "web", "jobs"):
        assert set(services[name]["environment"]) == set(setting_names()), name
    assert all(service["logging"]["options"]["max-size"] for service in services.values())
    assert not re.search(
        r"^VOLUME|^USER (?!\d)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("name", ["coffeeco-web@.service", "coffeeco-jobs.service"])
def test_a_unit_has_what_a_service_needs(name: str) -> None:
    unit, common = ini((UNITS / name).read_text("utf-8")), ini(COMMON.read_text("utf-8"))
    assert unit["Unit"]["Wants"] == "network-online.target"
    assert unit["Service"]["ExecStart"].startswith("/usr/bin/env .venv/bin/python ")
    wanted = {
        "UMask": "0077",
        "StateDirectory": "coffeeco",
        "EnvironmentFile": "/etc/coffeeco/coffeeco.env",
        "WorkingDirectory": "/srv/coffeeco/current",
    }
    assert wanted.items() <= dict(common["Service"]).items()


def test_systemd_finds_the_units_sound_and_little_exposed(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    folder = Path(shutil.copytree(UNITS, tmp_path / "units"))
    web = (folder / "coffeeco-web@.service").rename(folder / "coffeeco-web@8000.service")
    units = (f"./{web.name}", "./coffeeco-jobs.service")
    said = run(analyze, "verify", *units, cwd=folder)
    assert "coffeeco" not in said, "systemd warns of something"
    run(analyze, "security", "--offline=true", f"--threshold={EXPOSURE}", *units, cwd=folder)


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    nginx = program("nginx", "nginx-light")
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    # Certificates that are named by a variable are not read yet; high ports and logs here need no
    # root.
    text = re.sub(r"(ssl_certificate(_key)?) [^;]+;", r"\1 $ssl_server_name;", text)
    text = re.sub(r"listen (\[::\]:)?(80|443)", r"listen \g<1>18\2", text)
    (tmp_path / "coffeeco.conf").write_text(text.replace("/var/log/nginx", str(tmp_path)))
    shutil.copy(ROOT / "deploy" / "nginx-upstream.conf", tmp_path / "coffeeco-upstream.conf")
    paths = "".join(
        f"{kind}_temp_path {tmp_path};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {paths} include coffeeco.conf; }}"
    )
    run(nginx, "-t", "-q", "-e", "stderr", "-c", tmp_path / "nginx.conf")


def test_caddy_takes_the_configuration(tmp_path: Path) -> None:
    caddy = program("caddy", "caddy")
    text = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    # Debian's 2.6 has another name for what the image's 2.7 or newer knows.
    text = text.replace("request_buffers 12MiB", "buffer_requests")
    (tmp_path / "Caddyfile").write_text(text.replace("{$SHOP_HOST}", "shop.example"))
    run(caddy, "adapt", "--validate", "--config", tmp_path / "Caddyfile", cwd=tmp_path)


def test_the_example_of_settings_needs_only_its_keys(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "coffeeco.env").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert {line.partition("=")[0] for line in lines} <= set(setting_names())
    assert not re.search(r"""[#'"\\]""", "".join(lines)), "systemd and the shop would read it apart"
    file = tmp_path / "coffeeco.env"
    file.write_text("\n".join(lines))
    without = run_manage("check", settings={"ENV_FILE": str(file)})
    assert "SECRET_KEY is not" in without.stderr
    file.write_text("\n".join(lines).replace("_KEY=", f"_KEY={'k' * 50}"))
    filled = run_manage("check", "--deploy", settings={"ENV_FILE": str(file)})
    assert filled.returncode == 0, filled.stderr


@pytest.mark.parametrize("name", ["coffeeco", "prove-upgrade", "upgrade"])
def test_a_command_is_a_sound_script_that_can_be_run(name: str) -> None:
    command = ROOT / "deploy" / name
    run("bash", "-n", command)
    assert os.access(command, os.X_OK)


@pytest.mark.slow
def test_an_upgrade_and_the_way_back_refuse_no_request(tmp_path: Path) -> None:
    program("nginx", "nginx-light")
    program("pgrep", "procps")
    releases = [copy_project(tmp_path / name).rename(tmp_path / f"v{name}") for name in "12"]
    for release in releases:
        collected = run_python(str(release / "manage.py"), "collectstatic", "--noinput")
        assert collected.returncode == 0, collected.stderr
    broken = shutil.copytree(releases[1], tmp_path / "v3")
    (broken / "coffeeco_site" / "settings.py").write_text("1 / 0")
    with stage(releases[0], releases[1], broken) as (shop, load):
        assert set(load.answering()) == {"v1"}
        for name in ("v2", "v1"):
            upgraded = shop.upgrade(name)
            assert upgraded.returncode == 0, upgraded.stdout
            assert set(load.answering()) == {name}
        assert shop.upgrade("v3").returncode != 0, "a release that can't start"
        assert set(load.answering()) == {"v1"}
    assert load.failed == []


def pages_that_open_something(
    patterns: list[Any] | None = None, beginning: str = "/"
) -> Iterator[str]:
    """The beginnings of the shop's addresses that hold a signature or a one-time key."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = beginning + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from pages_that_open_something(one.url_patterns, route)
        elif {"signed", "token"} & set(one.pattern.converters):
            yield route.partition("<")[0]


@pytest.mark.parametrize(
    "file", ["coffeeco_site/reporting.py", "deploy/Caddyfile", "deploy/nginx.conf"]
)
def test_no_log_has_whole_addresses_of_pages_that_open_something(file: str) -> None:
    (left,) = re.findall(r"/\(\?:([a-z|/-]+)\)/", (ROOT / file).read_text("utf-8"))
    assert {f"/{page}/" for page in left.split("|")} == set(pages_that_open_something())


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_a_proxy_lets_through_the_files_that_the_shop_takes(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text("utf-8")
    sizes = r"location ~ \^/staff/\((.+?)\)/ {\s+client_max_body_size 12m|@files path (.+)"
    (found,) = ("".join(groups) for groups in re.findall(sizes, text))
    assert re.findall(r"[a-z]+", found.replace("/staff/", "")) == [
        path.split("/")[2] for path in TAKE_FILES
    ]
