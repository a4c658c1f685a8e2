"""Where the entries and fields of a .bib file stand in its text, so that it can be changed there.

Nothing is parsed for its meaning: an entry with anything unusual in it counts as not `whole` and
is left alone.
"""

import codecs
import re
from dataclasses import dataclass

_START = re.compile(r"@[ \t]*([A-Za-z][\w-]*)\s*([{(])")
_KEY = re.compile(r"\s*([^\s,{}()=]+)\s*(,|(?=[})]))")
_NAME = re.compile(r"[\s,]*([A-Za-z][\w:.+/-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,{}()#\"]+")
_NO_ENTRY = frozenset({"comment", "preamble", "string"})
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class RawField:
    """The value of a field where it stands: `start` and `end` with its braces or quotes."""

    start: int
    end: int
    value: str


@dataclass(frozen=True)
class RawEntry:
    key: str
    start: int
    line: int
    fields: dict[str, RawField]
    whole: bool


def decoded_exactly(raw: bytes) -> tuple[str, str]:
    """Return the text of a file and the codec that gives back the very same bytes."""
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            return raw.decode(codec, errors="surrogateescape"), codec
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def raw_entries(text: str) -> list[RawEntry]:
    """Return the entries of a .bib file in their order."""
    entries, position, line, counted = [], 0, 1, 0
    while (match := _START.search(text, position)) is not None:
        position = match.end()
        if match[1].lower() in _NO_ENTRY:
            position = _closing(text, position, match[2])
            continue
        key = _KEY.match(text, position)
        if key is None:
            continue
        line += text.count("\n", counted, match.start())
        counted = match.start()
        fields, position, whole = _fields(text, key.end(), "}" if match[2] == "{" else ")")
        entries.append(RawEntry(key[1], match.start(), line, fields, whole))
    return entries


def _closing(text: str, position: int, bracket: str) -> int:
    """Return the place behind a bracket's closing one, or `position` where there is none."""
    closing, depth = {"{": "}", "(": ")"}[bracket], 1
    for match in re.compile(r"[{}()]").finditer(text, position):
        depth += (match[0] == bracket) - (match[0] == closing)
        if depth == 0:
            return match.end()
    return position


def _fields(text: str, position: int, closing: str) -> tuple[dict[str, RawField], int, bool]:
    fields: dict[str, RawField] = {}
    whole = True
    while (name := _NAME.match(text, position)) is not None:
        value = _value(text, name.end())
        if value is None:
            return fields, name.end(), False
        position = value.end
        following = re.compile(r"\s*").match(text, position).end()
        joined = text[following : following + 1] == "#"
        if joined or name[1].lower() in fields:
            whole = False
        while joined:
            part = _value(text, re.compile(r"\s*").match(text, following + 1).end())
            if part is None:
                return fields, following + 1, False
            position = part.end
            following = re.compile(r"\s*").match(text, position).end()
            joined = text[following : following + 1] == "#"
        fields[name[1].lower()] = value
        if text[following : following + 1] not in (",", closing):
            return fields, following, False
    end = re.compile(r"[\s,]*").match(text, position).end()
    return fields, end, whole and text[end : end + 1] == closing


def _value(text: str, start: int) -> RawField | None:
    """Return the value that starts at a place, or None where it has no end."""
    if text[start : start + 1] == "{":
        end = _closing_brace(text, start + 1)
        return RawField(start, end, text[start + 1 : end - 1]) if end else None
    if text[start : start + 1] == '"':
        depth = 0
        for match in re.compile(r'\\.|[{}"]', re.DOTALL).finditer(text, start + 1):
            depth += (match[0] == "{") - (match[0] == "}")
            if match[0] == '"' and depth == 0:
                return RawField(start, match.end(), text[start + 1 : match.start()])
        return None
    bare = _BARE.match(text, start)
    return RawField(start, bare.end(), bare[0]) if bare else None


def _closing_brace(text: str, start: int) -> int:
    depth = 1
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += (match[0] == "{") - (match[0] == "}")
        if depth == 0:
            return match.end()
    return 0
