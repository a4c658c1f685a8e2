"""Read lists of names as BibTeX, biblatex and people write them."""

import re

from claimbook.citations.fields import is_et_al, looks_like_given
from claimbook.citations.markup import from_html, unmarked
from claimbook.citations.normal import is_suffix
from claimbook.citations.work import Name

_EXTENDED = re.compile(
    r"^\s*\{?\s*(family|given|prefix|suffix|useprefix|id|literal)(?:-i)?\s*=", re.IGNORECASE
)
_SHORT_NAME = re.compile(r"^[^\W\d_][\w'’ .-]*\s[A-Z](?:[.\s-]*[A-Z]){0,3}\.?$")


def read_names(value: str) -> tuple[tuple[Name, ...], bool, list[str]]:
    """Return the names of a BibTeX field, whether the list is complete, and remarks on it."""
    names: list[Name] = []
    remarks: list[str] = []
    complete = True
    for part in _parts(from_html(value) if "&" in value else value, remarks):
        text = part.strip().strip(",").strip()
        if not text:
            continue
        if is_et_al(unmarked(text)):
            complete = False
            continue
        cut = re.sub(r"[\s,]+et\.?\s+al\.?\s*$", "", text, flags=re.IGNORECASE)
        if cut != text:
            complete = False
        names += _names(cut, remarks)
    return tuple(names), complete, list(dict.fromkeys(remarks))


def _parts(value: str, remarks: list[str]) -> list[str]:
    parts = split_outside(value, r"\s+and\s+|^and\s+|\s+and$")
    found = []
    for part in parts:
        pieces = split_outside(part, r"\s*;\s*")
        if len(pieces) > 1:
            remarks.append("names separated by semicolons; 'and' expected")
        for piece in pieces:
            ampersand = split_outside(piece, r",?\s+\\?&\s+")
            if len(ampersand) > 1 and "," in ampersand[0]:
                remarks.append("names separated by '&'; 'and' expected")
                found += ampersand
            else:
                found.append(piece)
    return found


def split_outside(value: str, pattern: str) -> list[str]:
    """Split text where a pattern matches outside braces."""
    if "{" not in value:
        return re.split(pattern, value, flags=re.IGNORECASE)
    parts, depth, start = [], 0, 0
    for token in re.finditer(rf"\\.|[{{}}]|(?P<cut>{pattern})", value, re.IGNORECASE | re.DOTALL):
        if token["cut"] is not None:
            if depth <= 0:
                parts.append(value[start : token.start()])
                start = token.end()
        else:
            depth += {"{": 1, "}": -1}.get(token[0], 0)
    return [*parts, value[start:]]


def _names(text: str, remarks: list[str]) -> list[Name]:
    """Return the name in one part of a list; several if commas separate them."""
    if _EXTENDED.match(text):
        return [_extended(text)]
    if _braced(text):
        name = unmarked(text)
        if "," in name and not re.search(r"\b(inc|ltd|llc|co|gmbh|dept|university)\b", name, re.I):
            pieces = [p.strip() for p in name.split(",")]
            if len(pieces) == 2 and looks_like_given(pieces[1]):
                return [Name(pieces[0], pieces[1])]
        return [Name(name, collective=" " in name or name.isupper())]
    pieces = [p for p in split_outside(text, r"\s*,\s*") if p.strip()]
    if len(pieces) == 1:
        return [_without_comma(text)]
    plain = [unmarked(p) for p in pieces]
    if len(pieces) == 2:
        if is_suffix(plain[1]) and " " in plain[0]:
            name = _without_comma(pieces[0])
            return [Name(name.family, name.given, plain[1])]
        if all(map(_SHORT_NAME.match, plain)) and not looks_like_given(plain[1]):
            remarks.append("names separated by commas; 'and' expected")
            return list(map(_short, plain))
        return [Name(plain[0], plain[1])]
    if len(pieces) == 3 and is_suffix(plain[1]):
        return [Name(plain[0], plain[2], plain[1])]
    if len(pieces) == 3 and is_suffix(plain[2]):
        return [Name(plain[0], plain[1], plain[2])]
    remarks.append("names separated by commas; 'and' expected")
    if all(map(looks_like_given, plain[1::2])) and len(plain) % 2 == 0:
        return [Name(f, g) for f, g in zip(plain[::2], plain[1::2], strict=True)]
    if all(map(_SHORT_NAME.match, plain)):
        return list(map(_short, plain))
    if all(" " in p for p in plain):
        return [_without_comma(p) for p in pieces]
    if len(plain) % 2 == 0:
        return [Name(f, g) for f, g in zip(plain[::2], plain[1::2], strict=True)]
    return [Name(plain[0], " ".join(plain[1:]))]


def _braced(text: str) -> bool:
    """Whether one pair of braces holds the whole text."""
    if not (text.startswith("{") and text.endswith("}")):
        return False
    depth = 0
    for token in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end() == len(text)
    return False


def _short(name: str) -> Name:
    family, given = name.rsplit(None, 1) if re.search(r"[A-Z]\.?$", name) else (name, "")
    parts = name.split()
    while len(parts) > 1 and re.fullmatch(r"(?:[A-Z][.-]*){1,4}", parts[-1]):
        parts.pop()
    family = " ".join(parts)
    return Name(family, name[len(family) :].strip() or given)


def _without_comma(text: str) -> Name:
    """Return ``First von Last Jr`` taken apart as BibTeX does; a braced group is one word."""
    words = [w for w in split_outside(text.strip(), r"[\s~]+") if w]
    plain = [unmarked(w) for w in words]
    suffix = ""
    if len(plain) > 2 and is_suffix(plain[-1]):
        suffix = plain.pop()
        words.pop()
    if len(plain) == 1:
        return Name(plain[0], collective=words[0].startswith("{") and " " in plain[0])
    if len(plain) == 2 and re.fullmatch(r"(?:[A-Z]\.?-?){1,3}", plain[1]) and len(plain[0]) > 2:
        return Name(plain[0], plain[1], suffix)  # Vancouver: Doe JA
    first_von = next(
        (n for n, w in enumerate(plain[:-1]) if n and w[:1].islower() and w.isalpha()), None
    )
    cut = first_von if first_von is not None else len(plain) - 1
    if first_von is None and plain[0][:1].islower() and plain[0].isalpha() and len(plain) > 1:
        cut = 0 if words[0][:1] != "{" and len(plain) == 2 and plain[0] in _VON else cut
    return Name(" ".join(plain[cut:]), " ".join(plain[:cut]), suffix)


_VON = frozenset({"von", "van", "de", "da", "di", "del", "der", "den", "ter", "ten", "la", "le"})


def _extended(text: str) -> Name:
    """Return a name in biblatex's extended form: ``family=Doe, given=Ann, prefix=van``."""
    text = text.strip()
    text = text[1:-1] if _braced(text) else text
    parts: dict[str, str] = {}
    for piece in split_outside(text, r"\s*,\s*"):
        label, _, value = piece.partition("=")
        parts[label.strip().lower()] = unmarked(value).strip('"')
    family = parts.get("family", "") or parts.get("literal", "")
    family = " ".join(filter(None, (parts.get("prefix", ""), family)))
    given = parts.get("given", "") or parts.get("given-i", "")
    return Name(family, given, parts.get("suffix", ""), collective=not given)
