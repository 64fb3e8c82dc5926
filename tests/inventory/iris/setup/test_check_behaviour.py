"""check_inventory on servers that do what real ones may do: a healthy one passes."""

from __future__ import annotations

from tests.inventory.iris.setup.conftest import SIDAMO, MakeServer, Run, everything
from tests.support.behaviours import named, server_behaviours


@server_behaviours()
def test_a_healthy_server_passes_empty_or_stocked(
    make_server: MakeServer, run: Run, behaviour: str
) -> None:
    for rows in ([], [SIDAMO]):
        server = make_server(behaviour=named(behaviour))
        server.create_store()
        for row in rows:
            server.insert(**row)
        before = everything(server)
        said = run(server, "check_inventory")
        assert (said.code, said.error) == (0, ""), said.text
        assert everything(server) == before
        assert server.alerts() == []
