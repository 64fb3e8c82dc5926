"""Words from outside (a name in another program's table, an address) where they could do harm.

A line end splits a header or a log's line; ESC and its relatives steer the terminal that shows
them.
"""

from __future__ import annotations

import re

CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_CONTROLS = re.compile(f"[{CONTROLS}]")
_CONTROLS_IN_A_LINE = re.compile(f"(?![\n\t])[{CONTROLS}]")


def one_line(text: object) -> str:
    r"""The text with every control character and line end written out, such as ``\u001b``.

    JSON stays JSON with the same meaning.
    """
    return _CONTROLS.sub(_written_out, str(text))


def printable(text: str) -> str:
    """The same for a text of several lines: plain line ends and tabs stay."""
    return _CONTROLS_IN_A_LINE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
