"""A mail server that does as it is told, spoken to over a real connection."""

from __future__ import annotations

import re
import socketserver
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

OK = "250 ok"
HANG_UP = "hang up"
SILENCE = "silence"


class Unanswered(Exception):
    """The connection ends here, without an answer."""


@dataclass
class MailServer:
    """What it answers, which a test may change at any time, and the mails that it took."""

    greeting: str = "220 mail.example"
    log_in: str = "235 ok"
    sender: str = OK
    recipients: defaultdict[str, str] = field(default_factory=lambda: defaultdict(lambda: OK))
    data: str = OK
    port: int = 0
    mails: list[tuple[str, str]] = field(default_factory=list)
    """Recipient and text of each mail that it took, in order."""
    closing: Event = field(default_factory=Event)

    @property
    def recipients_of_mails(self) -> list[str]:
        return [recipient for recipient, _ in self.mails]

    def take(self, recipient: str, text: str, _number: int) -> None:
        """Called with a whole mail, before it is answered; ``_number`` counts in its connection."""
        if self.data == OK:
            self.mails.append((recipient, text))


class _Talk(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        told: MailServer = self.server.told
        try:
            self._say(told.greeting)
            recipient, number = "", 0
            while line := self.rfile.readline().decode("utf-8"):
                verb, _, rest = line.strip().partition(" ")
                match verb.upper():
                    case "EHLO":
                        self._say("250-mail.example\r\n250 AUTH PLAIN")
                    case "AUTH":
                        self._say(told.log_in)
                    case "MAIL":
                        self._say(told.sender)
                    case "RCPT":
                        recipient = re.sub(r"^.*<|>.*$", "", rest)
                        self._say(told.recipients[recipient])
                    case "DATA":
                        self._say("354 go on")
                        number += 1
                        told.take(recipient, self._text(), number)
                        self._say(told.data)
                    case "QUIT":
                        self._say("221 bye")
                        return
                    case _:
                        self._say(OK)
        except (Unanswered, ConnectionError):
            return

    def _say(self, answer: str) -> None:
        if answer == SILENCE:
            self.server.told.closing.wait()
        if answer in (SILENCE, HANG_UP):
            raise Unanswered
        self.wfile.write(f"{answer}\r\n".encode())

    def _text(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines).decode("utf-8")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    told: MailServer


@contextmanager
def mail_server(told: MailServer | None = None) -> Iterator[MailServer]:
    """A mail server on a free port of this machine, as long as the block lasts."""
    told = told or MailServer()
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.told = told
        told.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield told
        finally:
            told.closing.set()
            server.shutdown()
            thread.join()
