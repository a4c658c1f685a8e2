"""Open a file whatever its encoding, and say what it looks like if it is not what was expected."""

import codecs
import re
from bisect import bisect_right
from pathlib import Path

from claimbook.errors import InputError

MAX_FILE_BYTES = 100_000_000
"""A list of 100 MB holds some 150,000 entries; a larger file is refused unread."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"^[ \t]*%[^\n]{0,60}?\b(?:encoding|coding)\s*[:=]\s*([\w.-]{2,20})", re.IGNORECASE | re.M
)
_BINARY = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3", "a database"),
    (b"\x1f\x8b", "a compressed file"),
)
_LOOKS = (
    (r"\s*<(!doctype\s+html|html|head|body)\b", "a web page"),
    (r"\s*(<\?xml[^>]*>\s*)?(<!DOCTYPE[^>]*>\s*)?<PubmedArticle", "PubMed's XML; export as PubMed"),
    (r"\s*(<\?xml[^>]*>\s*)?<xml>\s*<records>", "EndNote's XML; export as BibTeX or RIS"),
    (r"\s*(<\?xml|<[a-z]\w*[\s>])", "XML"),
    (r"(?s).{0,2000}?^TY {1,2}- ", "RIS"),
    (r"(?s).{0,2000}?^(PMID|PMC|OWN|STAT)\s?- ", "NBIB (PubMed)"),
    (r"(?s).{0,2000}?^%0 ", "EndNote's tagged format (.enw); export as RIS or BibTeX"),
    (
        r"(?s).{0,2000}?^(FN Clarivate|FN Thomson|PT [JBSP]$)",
        "Web of Science's text; export as RIS",
    ),
    (r"\s*[\[{]\s*([\"{\]}])", "JSON"),
    (r"(?s).*?^[ \t]*@\s*[A-Za-z]+\s*[{(]", "BibTeX"),
    (r"\s*%?\s*\\documentclass|(?s:.*?)\\begin\{document\}", "a LaTeX document"),
)


def decoded(path: Path | str) -> tuple[str, str]:
    """Return a file's text, and a remark on its encoding (``""`` for UTF-8).

    Tried in turn: a byte order mark, UTF-8, what the file itself declares, and line by line
    Windows-1252 for what is not UTF-8. Raises InputError if the file cannot be read as text.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; a list of references was expected")
    if not path.is_file():
        raise InputError(f"{path}: not a regular file; a list of references was expected")
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if len(raw) > MAX_FILE_BYTES:
        raise InputError(f"{path}: larger than {MAX_FILE_BYTES:,} bytes; split the file")
    for mark, kind in _BINARY:
        if raw.startswith(mark):
            raise InputError(f"{path}: no list of references; this looks like {kind}")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            remark = "" if encoding == "utf-8-sig" else f"{path}: read as {encoding.upper()}"
            return raw.decode(encoding, errors="replace"), remark
    for first, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        if len(raw) > 3 and not any(raw[first:200:2]) and all(raw[1 - first : 60 : 2]):
            return raw.decode(encoding, errors="replace"), f"{path}: read as UTF-16"
    if b"\x00" in raw[:4000]:
        raise InputError(f"{path}: no list of references; this is not a text file")
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _other_encoding(raw, f"{path}, line {line}: not UTF-8; read as ")


def _other_encoding(raw: bytes, start: str) -> tuple[str, str]:
    declared = _DECLARED.search(raw[:4000])
    name = declared[1].decode("ascii", "ignore") if declared else ""
    if name and not name.lower().replace("-", "").startswith("utf8"):
        try:
            return raw.decode(codecs.lookup(name).name), f"{start}{name}, as the file says"
        except (LookupError, UnicodeDecodeError):
            pass
    lines, other = [], 0
    for line in raw.splitlines(keepends=True):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            other += 1
            try:
                lines.append(line.decode("cp1252"))
            except UnicodeDecodeError:
                lines.append(line.decode("latin-1"))
    return "".join(lines), f"{start}Windows-1252 ({other} line{'s' if other > 1 else ''})"


def looks_like(text: str) -> str:
    """Return what a text looks like (``RIS``, ``a web page``), or ``""``."""
    if not text.strip():
        return "an empty file"
    for pattern, kind in _LOOKS:
        if re.match(pattern, text, re.IGNORECASE | re.MULTILINE):
            return kind
    return ""


class Lines:
    """Finds the line, from 1, of a position in a text."""

    def __init__(self, text: str):
        self.starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", text))]

    def of(self, position: int) -> int:
        return bisect_right(self.starts, position)
