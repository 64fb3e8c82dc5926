"""The superserver: sockets and threads around one instance, and what tests may do to it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import shop, trace
from .connection import Connection, Surroundings
from .durable import FileKeeper
from .faults import Faults
from .instance import AlertCall, Behaviour, ClassMethod, Instance, Traps
from .locks import LockInfo
from .messages import Reply
from .sessions import Session
from .traffic import Hook, Messages, Traffic

STOP_SECONDS = 10


class Superserver:
    """A stand-in IRIS superserver in threads of this process; use it in a with block."""

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        user: str = "_SYSTEM",
        password: str = "SYS",
        namespace: str = "USER",
        version: str = "2025.1",
        traps: Traps | None = None,
        behaviour: Iterable[Behaviour] | None = None,
        lock_timeout: float = 10,
        rows_per_message: int | None = None,
        part_size: int | None = None,
        data: Path | None = None,
        on_trace: Callable[[str], None] | None = None,
    ) -> None:
        """behaviour: None for what the environment's IRIS_BEHAVIOUR names."""
        self.host = host
        self.port = port
        self.user, self.password, self.namespace = user, password, namespace
        self.instance = Instance(
            version=version,
            traps=traps or Traps(),
            behaviour=Behaviour.of_environment() if behaviour is None else frozenset(behaviour),
            lock_timeout=lock_timeout,
            user=user,
            namespace=namespace,
        )
        if data is not None:
            FileKeeper(data).load_into(self.instance)
        self.faults = Faults()
        self.faults.drop_links = self._drop_links
        self._traffic = Traffic()
        self._on_trace = on_trace
        self._surroundings = Surroundings(
            instance=self.instance,
            password=password,
            faults=self.faults,
            traffic=self._traffic,
            trace=self._trace,
            rows_per_message=rows_per_message,
            part_size=part_size,
        )
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._serving: dict[Connection, threading.Thread] = {}
        self._serving_lock = threading.Lock()

    def __enter__(self) -> Superserver:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.instance.storage.close()

    # --- running ---

    @property
    def url(self) -> str:
        """The address as the shop's INVENTORY_URL wants it."""
        return f"iris://{self.user}:{self.password}@{self.host}:{self.port}/{self.namespace}"

    def start(self) -> None:
        """Listen; after stop() on the same port again, with the data kept."""
        listener = socket.create_server((self.host, self.port), backlog=128)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Cut every link, roll back what is open, and listen no more."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        # Linux wakes a thread out of accept() only by shutdown, not by close.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        if self._acceptor is not None:
            self._acceptor.join(STOP_SECONDS)
        with self._serving_lock:
            serving = list(self._serving.items())
        for connection, _ in serving:
            connection.cut()
        for _, thread in serving:
            thread.join(STOP_SECONDS)

    # --- data ---

    def create_store(
        self,
        shape: str = "product_id_is_id",
        *,
        price: str = "DOUBLE",
        alerts: str = "own",
        minval: bool = False,
    ) -> None:
        """Make the shop's table and alerts class, as different sites have them.

        shape: "product_id_is_id", "hidden_id" or "none"; price: a column type; alerts: "own",
        "tutorial", "none" or "failing"; minval: the class refuses negative stock.
        """
        shop.create_store(self.instance, shape=shape, price=price, alerts=alerts, minval=minval)

    def insert(self, **columns: Any) -> int:
        """Insert a row into coffeeco.Inventory unchecked, missing columns null; return its ID."""
        return shop.insert(self.instance, columns)

    def rows(self, table: str = "coffeeco.Inventory") -> list[dict[str, Any]]:
        """Return all rows of a table as kept, uncommitted changes included, in order of ID."""
        return shop.rows(self.instance, table)

    def globals(self) -> dict[str, dict[tuple[str, ...], Any]]:
        """Return every global's nodes by name (without caret) and subscripts."""
        storage = self.instance.storage
        with storage.mutex:
            return {name: storage.tree(name).nodes() for name in storage.global_names()}

    def alerts(self) -> list[AlertCall]:
        """Return the calls of methods of coffeeco.Alerts, rolled back or not, in order."""
        return list(self.instance.alert_calls)

    def define_method(self, class_name: str, method: str, function: ClassMethod) -> None:
        """Add a class method; the function gets the session and the list of arguments."""
        self.instance.implementations[class_name, method] = function
        self.instance.methods.setdefault(class_name, {})[method] = function

    # --- looking and interfering ---

    @property
    def messages(self) -> Messages:
        """How many messages arrived, in all and by kind."""
        return self._traffic.messages

    @contextmanager
    def count(self) -> Iterator[Messages]:
        """Count the messages that arrive inside the with block."""
        with self._traffic.count() as counted:
            yield counted

    def wait_for_messages(self, kind: str, count: int = 1, seconds: float = 10) -> bool:
        """Wait until so many messages of a kind have arrived in all, served or not."""
        return self._traffic.wait_for(kind, count, seconds)

    def before(self, label: str, hook: Hook, n: int = 1) -> None:
        """Run the hook in the session's thread just before the n-th matching message is served."""
        self._traffic.before(label, hook, n)

    def after(self, label: str, hook: Hook, n: int = 1) -> None:
        """Run the hook when the n-th matching message was served, before it is answered."""
        self._traffic.after(label, hook, n)

    def sessions(self) -> list[Session]:
        """Return the live sessions of clients, the oldest first."""
        with self.instance.sessions_changed:
            return [s for _, s in sorted(self.instance.sessions.items()) if s.is_remote]

    def wait_for_sessions(self, count: int, seconds: float = 10) -> bool:
        """Wait until as many clients are connected; return whether it came to that in time."""
        with self.instance.sessions_changed:
            return self.instance.sessions_changed.wait_for(
                lambda: len(self.sessions()) == count, seconds
            )

    def locks(self) -> list[LockInfo]:
        """Return the lock table."""
        return self.instance.locks.listing()

    def wait_for_waiters(self, count: int = 1, seconds: float = 10) -> bool:
        """Wait until as many sessions wait for locks; return whether it came to that in time."""
        return self.instance.locks.wait_for_waiters(count, seconds)

    def session(self) -> Session:
        """Open a session inside this process: another program, to hold a lock or change a row."""
        return Session(self.instance, is_remote=False, program="test")

    def deny(self, *resources: str) -> None:
        """Take privileges away, such as "%Native_Transaction" or "UPDATE coffeeco.Inventory"."""
        self.instance.denied.update(resources)

    def allow(self, *resources: str) -> None:
        """Give privileges back; without arguments, all."""
        if resources:
            self.instance.denied.difference_update(resources)
        else:
            self.instance.denied.clear()

    # --- threads ---

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(link, self._surroundings)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._serving_lock:
                self._serving[connection] = thread
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._serving_lock:
                self._serving.pop(connection, None)

    def _drop_links(self) -> None:
        with self._serving_lock:
            serving = list(self._serving)
        for connection in serving:
            connection.cut()

    def _trace(self, session: str, kind: str, items: list[Any], replies: list[Reply]) -> None:
        if self._on_trace is not None:
            self._on_trace(trace.line(session, kind, items, replies))
