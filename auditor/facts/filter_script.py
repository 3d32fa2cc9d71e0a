"""What a script for nft(8) does with incoming packets that no condition of its rules holds for.

Scripts are read for whether they refuse by default, no further: rules that are loaded are listed by nft itself. A
script may also give its commands one by one (`add rule inet filter input drop`); what cannot be told then is None.
"""

import re
from collections.abc import Iterator
from typing import Final

from auditor.facts.filter_rules import Family

_BLOCK: Final = re.compile(r"(?:(?:add|create) )?(table|chain) (.+)")
_OPENS: Final = re.compile(r"(?:(?:add|create) )?(?:table|chain|set|map|flowtable|counter|quota|limit) ")
_HOOK: Final = re.compile(r"type filter hook input\b")
_POLICY: Final = re.compile(r"policy (\w+)")
_IDLE: Final = re.compile(
    r'(?:counter(?: packets \d+ bytes \d+)?|log(?: (?:prefix|level|flags|group) (?:"[^"]*"|\S+))*) '
)
_FAMILIES: Final = {"ip": frozenset({"ip"}), "ip6": frozenset({"ip6"}), "inet": frozenset({"ip", "ip6"})}


def refused_by(script: str) -> dict[Family, bool | None]:
    """Return by family whether a base chain for input refuses what no rule expects: False where there is none."""
    found: dict[Family, bool | None] = {"ip": False, "ip6": False}
    for families, statements in _chains(script):
        said = " ; ".join(statements)
        if _HOOK.search(said):
            verdict = _verdict(statements, said)
            for family, before in found.items():
                if family in families and before is not True:
                    found[family] = verdict or (None if verdict is None or before is None else False)
    if re.search(r"^[ \t]*(?:add|insert)[ \t]+rule\b", script, re.MULTILINE):
        return {family: verdict or None for family, verdict in found.items()}
    return found


def _verdict(statements: list[str], said: str) -> bool | None:
    """Return what becomes of a packet for which no condition holds; None where it is sent to another chain."""
    for statement in statements:
        bare = _IDLE.sub("", f"{statement} ").strip()
        if bare == "accept":
            return False
        if bare == "drop" or re.match(r"reject\b", bare):
            return True
        if re.match(r"(?:jump|goto)\b", bare):
            return None
    policy = _POLICY.search(said)
    return policy is not None and policy[1] == "drop"


def _chains(script: str) -> Iterator[tuple[frozenset[str], list[str]]]:
    """Yield the statements of each chain, with the families that its table is for."""
    families, inside = _FAMILIES["ip"], list[str]()
    depth, chain_at = 0, 0
    for statement, mark in _statements(script):
        block = _BLOCK.match(statement) if mark == "{" else None
        if block:
            words = block[2].split()
            families = _FAMILIES.get(words[0], families if block[1] == "chain" else _FAMILIES["ip"])
            inside, chain_at = ([], depth + 1) if block[1] == "chain" else (inside, chain_at)
        elif chain_at and statement:
            inside.append(statement)
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if chain_at and depth < chain_at:
            yield families, inside
            chain_at = 0


def _statements(script: str) -> Iterator[tuple[str, str]]:
    """Yield each statement and the mark that ends it; a set within one, in its own braces, is passed over."""
    text = re.sub(r"#[^\n]*", "", script.replace("\\\n", " "))
    held, sets = "", 0
    for part in re.split(r"([{};\n])", text):
        if part == "{" and (sets or not _OPENS.match(held)):
            sets += 1
        elif part == "}" and sets:
            sets -= 1
        elif part in {"{", "}", ";", "\n"} and not sets:
            yield held, part
            held = ""
        elif not sets:
            held = " ".join(f"{held} {part}".split())
    yield held, "\n"
