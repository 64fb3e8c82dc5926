"""Domains of e-mail addresses that are one letter off a common one, such as gmial.com."""

from __future__ import annotations

COMMON = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "outlook.com",
    "proton.me",
    "yahoo.com",
    "hotmail.com.br",
    "outlook.com.br",
    "terra.com.br",
    "yahoo.com.br",
    "uol.com.br",
)
REAL = {"bol.com.br", "email.com", "mail.com", "ymail.com"}
"""One letter off a common one, but widely used themselves."""


def likely_meant(email: str) -> str | None:
    """The address with the common domain that was probably meant; None if nothing looks wrong."""
    local, _, domain = email.rpartition("@")
    typed = domain.lower()
    if typed in COMMON or typed in REAL:
        return None
    meant = next((common for common in COMMON if _is_one_letter_off(typed, common)), None)
    return f"{local}@{meant}" if meant else None


def _is_one_letter_off(typed: str, common: str) -> bool:
    """True if one letter is missing, added or wrong, or two neighbours are swapped."""
    short, long = sorted((typed, common), key=len)
    if len(long) - len(short) == 1:
        return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
    if len(long) != len(short):
        return False
    wrong = [at for at, letter in enumerate(typed) if letter != common[at]]
    if len(wrong) == 2 and wrong[1] - wrong[0] == 1:
        return typed[wrong[0]] == common[wrong[1]] and typed[wrong[1]] == common[wrong[0]]
    return len(wrong) == 1
