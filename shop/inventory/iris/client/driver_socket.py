"""The driver's own socket, found among the descriptors of this process.

The driver has no read timeout, and closing a connection under a waiting call crashes the process.
Shutting down its socket does end such a call. The driver does not expose the socket, so a
connection notes which descriptor appeared while it was made.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

CUT = select.POLLHUP | select.POLLERR | select.POLLNVAL | getattr(select, "POLLRDHUP", 0)


@dataclass(frozen=True, slots=True)
class DriverSocket:
    """A descriptor, and the inode that shows whether it is still the same socket."""

    descriptor: int
    inode: int

    def shut(self) -> None:
        """Shut the socket down without closing it; a waiting call fails at once."""
        with contextlib.suppress(OSError):
            copy = os.dup(self.descriptor)
            # Checked on the copy, since the original number may be reused at any moment.
            if os.fstat(copy).st_ino != self.inode:
                os.close(copy)
                return
            with socket.socket(fileno=copy) as link:
                link.shutdown(socket.SHUT_RDWR)

    def is_cut(self) -> bool:
        """True when the other side has gone; costs no message."""
        watch = select.poll()
        watch.register(self.descriptor, CUT)
        return bool(watch.poll(0))

    def disown(self) -> None:
        """In a forked child: replace the descriptor, so that the parent's link stays open.

        The driver sends a farewell when its connection is collected; the server must not get it.
        """
        with contextlib.suppress(OSError):
            if os.fstat(self.descriptor).st_ino == self.inode:
                nothing = os.open(os.devnull, os.O_RDWR)
                os.dup2(nothing, self.descriptor)
                os.close(nothing)


def sockets() -> set[DriverSocket]:
    """Every socket of this process."""
    found = set()
    for entry in Path("/dev/fd").iterdir():
        descriptor = int(entry.name)
        with contextlib.suppress(OSError):
            status = os.fstat(descriptor)
            if stat.S_ISSOCK(status.st_mode):
                found.add(DriverSocket(descriptor, status.st_ino))
    return found


def connected_to(port: int, candidates: set[DriverSocket]) -> list[DriverSocket]:
    """The sockets whose peer has this port."""
    return [one for one in candidates if _peer_port(one) == port]


def _peer_port(one: DriverSocket) -> int | None:
    with contextlib.suppress(OSError, IndexError, TypeError):
        # Python makes sockets non-blocking when a default timeout is set, and the mode is shared.
        blocking = os.get_blocking(one.descriptor)
        with socket.socket(fileno=os.dup(one.descriptor)) as copy:
            os.set_blocking(copy.fileno(), blocking)
            return int(copy.getpeername()[1])
    return None
