"""Proves that ``deploy/upgrade`` refuses no request, on the way to a release and back.

``python -m tests.support.tooling.upgrade FORMER NEW`` takes the folders of two releases, each with
its static files collected. It serves them with granian as the unit does, behind nginx with
``deploy/nginx.conf`` but no TLS, in a temporary folder and on free ports. Visitors look and buy
meanwhile. It prints the requests, those that failed, and how often each release answered.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import TracebackType

from tests.support.tooling.buy_over_http import Visitor, buy
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import ROOT

SYSTEMCTL = """#!/bin/bash
# Stands in for systemd: starts and stops servers and nginx in the stage's folder.
set -eu
cd {stage}
port=${{2##*@}}
case "$1 $2" in
    "reload nginx") exec {nginx} -e nginx.log -p {stage} -c nginx.conf -s reload ;;
    *coffeeco-jobs) exit ;;
esac
if [ "$1" != start ] && [ -f "$port.pid" ]; then
    kill "$(cat "$port.pid")"
    while kill -0 "$(cat "$port.pid")" 2>/dev/null; do sleep 0.1; done
    rm "$port.pid"
fi
if [ "$1" != stop ]; then
    (cd current && exec {server} >>{stage}/servers.log 2>&1) &
    echo $! >"$port.pid"
fi
"""
COFFEECO = """#!/bin/sh
cd {stage}/current && exec {python} manage.py "$@"
"""
DELIVERY = """ProductId,Name,Description,CountryOfOrigin,Price,StockQuantity
1001,Harbour Light,"Red apple at the end.",Colombia,12.50,9000
"""


class Stage:
    """A machine as the documents describe it, in one folder; the former release is served."""

    def __init__(self, folder: Path, former: Path, releases: list[Path]) -> None:
        self._folder = folder
        self._ports = [str(free_port()) for _ in range(4)]
        (folder / "releases").mkdir()
        for release in {former, *releases}:
            (folder / "releases" / release.name).symlink_to(release)
        (folder / "current").symlink_to(former)
        self.address = f"http://127.0.0.1:{self._ports[3]}"
        self._environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "COFFEECO_ROOT": str(folder),
            "COFFEECO_UPSTREAM": str(folder / "coffeeco-upstream.conf"),
            "COFFEECO_PORTS": " ".join(self._ports[:2]),
            "COFFEECO_SPARE_PORT": self._ports[2],
            "NGINX_PID": str(folder / "nginx.pid"),
            "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
            "SECRET_KEY": "k" * 50,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
            "ADDRESS_MAX_BAGS": "0",
            "ADDRESS_MAX_ORDERS": "0",
            "TRUSTED_PROXIES": "1",
        }
        self._write_programs()
        self._write_nginx()

    def upgrade(self, release: str) -> subprocess.CompletedProcess[str]:
        """Run the operator's script."""
        return self._run(str(ROOT / "deploy" / "upgrade"), release)

    def __enter__(self) -> Stage:
        for command in (("migrate", "--verbosity=0"), ("import_delivery", str(self._delivery()))):
            self._run("coffeeco", *command).check_returncode()
        for port in self._ports[:2]:
            self._run("systemctl", "start", f"coffeeco-web@{port}")
        self._run(*self._nginx).check_returncode()
        visitor, until = Visitor(self.address), time.monotonic() + 60
        while True:
            try:
                visitor.go("/readyz")
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._run(*self._nginx, "-s", "quit")
        for port in self._ports[:3]:
            self._run("systemctl", "stop", f"coffeeco-web@{port}")

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        # A file, because a server that is started here would keep a pipe open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                command, cwd=self._folder, env=self._environment, check=False,
                stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
            )  # fmt: skip
            said.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, said.read(), "")

    def _delivery(self) -> Path:
        """Enough of one coffee for everyone who buys."""
        file = self._folder / "delivery.csv"
        file.write_text(DELIVERY, "utf-8")
        return file

    def _write_programs(self) -> None:
        unit = (ROOT / "deploy/systemd/coffeeco-web@.service").read_text("utf-8")
        server = unit.split("\nExecStart=/usr/bin/env .venv/bin/python ")[1].split("\n")[0]
        server = server.replace("${HOST}", "127.0.0.1").replace("${WORKERS}", "1")
        server = f"{sys.executable} {server.replace('%i', '$port')}"
        (self._folder / "bin").mkdir()
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
        self._nginx = (nginx, "-e", "nginx.log", "-p", str(self._folder), "-c", "nginx.conf")
        for name, text in {"systemctl": SYSTEMCTL, "coffeeco": COFFEECO}.items():
            program = self._folder / "bin" / name
            program.write_text(
                text.format(stage=self._folder, nginx=nginx, server=server, python=sys.executable)
            )
            program.chmod(0o755)

    def _write_nginx(self) -> None:
        text = (ROOT / "deploy/nginx.conf").read_text("utf-8")
        text = re.sub(r"^ *(ssl_.*|listen \[.*)\n", "", text, flags=re.MULTILINE)
        text = text.replace("/var/log/nginx/", "")
        text = text.replace("listen 80;", f"listen unix:{self._folder}/redirects;")
        text = re.sub("listen 443[^;]*", f"listen 127.0.0.1:{self._ports[3]}", text)
        temporary = "".join(
            f"{kind}_temp_path {kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self._folder / "coffeeco.conf").write_text(text)
        (self._folder / "nginx.conf").write_text(
            "pid nginx.pid; events {} "
            f"http {{ access_log off; {temporary} include coffeeco.conf; }}"
        )
        servers = (f"server 127.0.0.1:{port} max_fails=0;\n" for port in self._ports[:2])
        (self._folder / "coffeeco-upstream.conf").write_text("".join(servers))


class Load:
    """Visitors who look, buy, and ask which release answers."""

    def __init__(self, address: str) -> None:
        self._address, self._stop = address, Event()
        self.answers: Counter[str] = Counter()
        """Answers of ``/readyz`` by release, since the last look."""
        self.done, self.failed = 0, list[str]()

    def visit(self) -> None:
        """Look and buy until the end."""
        while not self._stop.is_set():
            for step in (self._look, buy):
                try:
                    step(self._address)
                except Exception as error:  # noqa: BLE001 (whatever it is, it counts)
                    self.failed.append(repr(error))
                self.done += 1

    def _look(self, address: str) -> None:
        visitor = Visitor(address)
        visitor.go("/readyz")
        self.answers[json.loads(visitor.page)["release"]] += 1
        visitor.go("/shop/")
        for style in re.findall(r'href="(/static/[^"]+\.css)"', visitor.page):
            visitor.go(style)

    @contextmanager
    def running(self, visitors: int = 3) -> Iterator[Load]:
        with ThreadPoolExecutor(visitors) as pool:
            for _ in range(visitors):
                pool.submit(self.visit)
            try:
                yield self
            finally:
                self._stop.set()

    def answering(self) -> Counter[str]:
        """Which release answers from now on, each how often, in two seconds."""
        self.answers.clear()
        time.sleep(2)
        return Counter(self.answers)


@contextmanager
def stage(former: Path, *releases: Path) -> Iterator[tuple[Stage, Load]]:
    """The former release, served and visited."""
    with (
        tempfile.TemporaryDirectory(prefix="coffeeco-upgrade-", dir="/tmp") as folder,
        Stage(Path(folder), former.resolve(), [release.resolve() for release in releases]) as shop,
        Load(shop.address).running() as load,
    ):
        yield shop, load


def main(former: Path, new: Path) -> None:
    with stage(former, new) as (shop, load):
        print(f"before: {dict(load.answering())}")
        for release in (new, former):
            load.answers.clear()
            upgraded = shop.upgrade(release.name)
            print(upgraded.stdout, end="")
            print(f"meanwhile: {dict(load.answers)}, afterwards: {dict(load.answering())}")
    print(f"{load.done} looks and purchases, {len(load.failed)} failed", *load.failed[:5], sep="\n")
    sys.exit(1 if load.failed or upgraded.returncode else 0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
