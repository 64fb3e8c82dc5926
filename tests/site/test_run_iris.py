"""``make run-iris``: what can be shown where no container engine is."""

from __future__ import annotations

import re
import stat
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_objectscript
import yaml

from coffeeco_site import iris_server
from shop.inventory.iris.setup.classes import CLASSES
from tests.support.superserver.process import SuperserverProcess
from tests.support.tooling.machine import ROOT, run_python

RUN = ("-m", "coffeeco_site.iris_server", "--no-serve")
LANGUAGE = tree_sitter.Language(tree_sitter_objectscript.language_objectscript())


def test_without_a_container_engine_it_says_what_to_install(tmp_path: Path) -> None:
    done = run_python(*RUN, settings={"INVENTORY_URL": "database://", "PATH": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr.strip() == iris_server.NO_ENGINE


def test_a_server_of_your_own_is_set_up_and_checked() -> None:
    with SuperserverProcess() as server:
        done = run_python(*RUN, settings={"INVENTORY_URL": server.url})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Made:       coffeeco.Inventory" in done.stdout
    assert "✓ stale objects" in done.stdout


def test_the_passwords_are_made_once_and_only_their_hashes_reach_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iris_server, "FOLDER", tmp_path / "iris")
    passwords = iris_server.read_or_make_passwords()
    assert iris_server.read_or_make_passwords() == passwords
    assert stat.S_IMODE((tmp_path / "iris" / "passwords").stat().st_mode) == 0o600
    merge = (tmp_path / "iris" / "merge.cpf").read_text("utf-8")
    assert not [word for word in passwords.values() if word in merge]
    made = re.findall(r'^CreateUser:Name=(\w+),PasswordHash="([^"]+)",', merge, re.MULTILINE)
    assert {name for name, _ in made} == set(passwords)
    hashes = [value for _, value in made]
    assert all(re.fullmatch(r"[0-9a-f]{128},[0-9a-f]{128},10000,SHA512", it) for it in hashes)


def test_each_line_of_the_merge_file_is_an_action_or_a_value() -> None:
    lines = (ROOT / "deploy" / "iris" / "merge.cpf").read_text("utf-8").splitlines()
    value = r'(?:"[^"]*"|[^",]+)'
    action = rf"Create(?:Resource|Database|Namespace|Role|User):Name=[%\w]+(?:,\w+={value})*"
    line = re.compile(rf"\[\w+\]|{action}|\w+=\d+|")
    assert [text for text in lines if not line.fullmatch(text)] == []
    assert "ResourceName=%DB_COFFEECO" in "".join(lines), "else the shop's role opens no database"


WORKFLOW = (ROOT / ".github" / "workflows" / "iris.yml").read_text("utf-8")
TYPED = [
    iris_server.GRANT,
    *re.findall(r"<<'END'\n(.*?)^ *END$", WORKFLOW, re.DOTALL | re.MULTILINE),
]


@pytest.mark.parametrize("typed", TYPED, ids=["make run-iris", "the workflow"])
def test_what_is_typed_into_the_server_is_objectscript(typed: str) -> None:
    method = f"Class a.B\n{{\n\nClassMethod C()\n{{\n{typed}}}\n\n}}\n"
    tree = tree_sitter.Parser(LANGUAGE).parse(method.encode())
    assert not tree.root_node.has_error


def test_the_server_is_reached_from_this_machine_only_and_keeps_its_data() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "iris" / "compose.yaml").read_text())["services"]
    assert all(port.startswith("127.0.0.1:") for port in services["iris"]["ports"])
    assert "iris:/durable" in services["iris"]["volumes"]


def test_the_module_for_ipm_holds_every_class() -> None:
    module = ET.parse(ROOT / "module.xml").getroot().find("Document/Module")
    assert module is not None
    folder = ROOT / str(module.findtext("SourcesRoot"))
    packages = [resource.attrib["Name"] for resource in module.iter("Resource")]
    assert packages == ["coffeeco.PKG"]
    files = (folder / "coffeeco").glob("*.cls")
    assert {f"coffeeco.{file.stem}" for file in files} == set(CLASSES)
