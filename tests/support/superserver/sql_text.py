"""SQL text as tokens, nested by parentheses, and small helpers to find one's way in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from .messages import Refused

TABLE_NOT_FOUND, COLUMN_NOT_FOUND, SYNTAX_ERROR = 30, 29, 1
END_OF_QUERY, NOT_PRIVILEGED, LOCK_TIMEOUT = 25, 99, 110

MEANINGS = {
    1: "Invalid SQL statement",
    23: "Label is not listed among the applicable tables",
    25: "Input encountered after end of query",
    29: "Field not found in the applicable tables",
    30: "Table or view not found",
    99: "Privilege violation",
    104: "Field validation failed in INSERT, or value failed to convert in DisplayToLogical",
    105: "Field validation failed in UPDATE, or value failed to convert in DisplayToLogical",
    107: "Cannot UPDATE RowID or RowID based on fields",
    108: "Required field missing; INSERT or UPDATE not allowed",
    110: "Locking conflict in filing",
    119: "UNIQUE or PRIMARY KEY constraint failed uniqueness check upon INSERT",
    120: "UNIQUE or PRIMARY KEY constraint failed uniqueness check upon UPDATE",
    201: "Table or view name not unique",
    400: "Fatal error occurred",
}


class SqlError(Refused):
    """A statement that fails, with the number of its SQLCODE."""

    def __init__(self, code: int, message: str = "", location: str = "ServerLoop") -> None:
        text = f"[SQLCODE: <-{code}>:<{MEANINGS.get(code, 'SQL error')}>]\r\n"
        text += f"[Location: <{location}>]"
        super().__init__(text + (f"\r\n[%msg: <{message}>]" if message else ""), code)
        self.message = message


_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<parameter>:%qpar\(\s*(?P<place>\d+)\s*\)|\?)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[%$]?[^\W\d][\w$]*)
    | (?P<operator><>|!=|<=|>=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One word, number, name or sign; place is a parameter's number."""

    kind: str
    text: str
    place: int = 0

    @property
    def upper(self) -> str:
        """The text in capitals, or nothing when it is not a plain word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The text as a name, without quotes."""
        return self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text

    @property
    def is_name(self) -> bool:
        return self.kind in ("word", "quoted")


class Group(list["Node"]):
    """What stands between a pair of parentheses."""


Node: TypeAlias = Token | Group
Nodes: TypeAlias = Sequence[Node]


def is_name(node: Node | None) -> TypeGuard[Token]:
    """Return whether a node may name something."""
    return isinstance(node, Token) and node.is_name


def is_word(node: Node | None, *words: str) -> bool:
    """Return whether a node is one of these words (given in capitals)."""
    return isinstance(node, Token) and node.upper in words


def is_operator(node: Node | None, text: str) -> bool:
    """Return whether a node is this sign."""
    return isinstance(node, Token) and node.kind == "operator" and node.text == text


def operator(text: str) -> Token:
    """Return a sign as a token."""
    return Token("operator", text)


def word(text: str) -> Token:
    """Return a word as a token."""
    return Token("word", text)


def quoted(name: str) -> Token:
    """Return a name as a token, in quotes."""
    return Token("quoted", '"' + name.replace('"', '""') + '"')


def words(text: str) -> list[Node]:
    """Return several words as tokens."""
    return [word(part) for part in text.split()]


def tokenise(text: str) -> list[Token]:
    """Return the tokens of a text; question marks are numbered from 1."""
    tokens: list[Token] = []
    marks = 0
    for found in _TOKEN.finditer(text):
        kind = str(found.lastgroup)
        if kind == "parameter":
            marks += 1
            tokens.append(Token(kind, found[0], int(found["place"] or marks)))
        elif kind != "space":
            tokens.append(Token(kind, found[0]))
    return tokens


def nest(tokens: list[Token]) -> Group:
    """Return the tokens with what is in parentheses as groups."""
    stack = [Group()]
    for token in tokens:
        if token.kind == "operator" and token.text == "(":
            stack.append(Group())
        elif token.kind == "operator" and token.text == ")":
            if len(stack) == 1:
                raise SqlError(SYNTAX_ERROR, "unbalanced parentheses")
            inner = stack.pop()
            stack[-1].append(inner)
        else:
            stack[-1].append(token)
    if len(stack) != 1:
        raise SqlError(SYNTAX_ERROR, "unbalanced parentheses")
    return stack[0]


def parse(text: str) -> Group:
    """Return a text's nodes, without a semicolon at its end."""
    nodes = nest(tokenise(text))
    while nodes and is_operator(nodes[-1], ";"):
        nodes.pop()
    return nodes


def render(nodes: Nodes) -> str:
    """Return nodes as text for SQLite; parameter n becomes :pn."""
    parts: list[str] = []
    for node in nodes:
        if isinstance(node, Group):
            parts.append(f"({render(node)})")
        elif node.kind == "parameter":
            parts.append(f":p{node.place}")
        else:
            parts.append(node.text)
    return " ".join(parts)


def split_commas(nodes: Nodes) -> list[list[Node]]:
    """Return the nodes between commas of this level."""
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if is_operator(node, ","):
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def find_word(nodes: Nodes, *names: str, start: int = 0) -> int | None:
    """Return where one of these words (in capitals) stands on this level."""
    for place in range(start, len(nodes)):
        if is_word(nodes[place], *names):
            return place
    return None


def at(nodes: Nodes, place: int) -> Node | None:
    """Return a node, or None beyond the end."""
    return nodes[place] if 0 <= place < len(nodes) else None


def bind(values: Sequence[object]) -> dict[str, object]:
    """Return parameter values by the names that render() gave them."""
    return {f"p{place}": value for place, value in enumerate(values, 1)}
