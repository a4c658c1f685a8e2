"""Cut BibTeX text into entries and fields, and go on behind whatever is wrong with it.

pybtex refuses a file for one repeated key or missing comma, and other readers lose such entries
silently. Here every ``@`` that begins an entry gives a `Block` with its fields, its remarks, and
the reason why it cannot be read, if so.
"""

import calendar
import re
from dataclasses import dataclass, field

from claimbook.citations.readers.files import Lines

MAX_VALUE_CHARS = 500_000
"""One field, with the strings that it names put in."""
MONTHS = {name[:3].lower(): name for name in calendar.month_name[1:]}
NO_WORKS = frozenset({"string", "preamble", "comment", "xdata", "set", "ieeetranbstctl", "control"})
"""Commands that describe no work of their own."""

_COMMAND = re.compile(r"@\s*([A-Za-z][\w+-]*)\s*([{(])")
_NEW_ENTRY = re.compile(r"^[ \t]*@\s*[A-Za-z]+\s*[{(]\s*[^\s,={}()\"]+\s*,", re.MULTILINE)
_NAME = re.compile(r"\s*([A-Za-z_][\w:.+/-]*)\s*=\s*")
_LOOSE_NAME = re.compile(r"([A-Za-z_][\w:.+/-]*)\s*=\s*(?=[{\"\w])")
_BARE = re.compile(r"[^\s,{}\"#=%()]+")
_AFTER_QUOTE = re.compile(r"\s*(?:[,#})]|\Z|[A-Za-z][\w-]*\s*=\s*[{\"\w])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACE_QUOTE = re.compile(r'\\.|[{}"]', re.DOTALL)


@dataclass
class Block:
    """One ``@command{key, name = value, ...}``; spans: where each value stands in the text.

    undefined: fields whose value names a string that is not defined.
    """

    command: str
    key: str
    line: int
    start: int
    end: int
    fields: dict[str, str] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    undefined: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    problem: str = ""
    problem_line: int = 0


class Strings(dict):
    """@string values by lower-case name, with those of the months."""

    def __init__(self):
        super().__init__(MONTHS)


def blocks(text: str, strings: Strings) -> list[Block]:
    """Return the blocks of a text in order; strings that it defines are added to `strings`."""
    scan = _Scan(text, strings)
    return scan.blocks()


class _Scan:
    def __init__(self, text: str, strings: Strings):
        self.text = text
        self.strings = strings
        self.lines = Lines(text)
        self.size = 0

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        position = 0
        while True:
            match = _COMMAND.search(self.text, position)
            if match is None:
                break
            if found:
                self._continued(found[-1], position, match.start())
            if not self._begins(match):
                position = match.end()
                continue
            block = self._block(match)
            found.append(block)
            position = max(block.end, match.end())
        if found:
            self._continued(found[-1], position, len(self.text))
        return found

    def _begins(self, match: re.Match) -> bool:
        """Whether an ``@`` begins an entry: at the start of a line, or behind another entry."""
        before = self.text[max(0, match.start() - 200) : match.start()]
        before = before.rsplit("\n", 1)[-1].strip()
        return not before or before[-1] in "})," or match[1].lower() in _KNOWN

    def _block(self, match: re.Match) -> Block:
        text, start = self.text, match.start()
        command = match[1].lower()
        inner = match.end()
        block = Block(command, "", self.lines.of(start), start, inner)
        line_start = text.rfind("\n", 0, start) + 1
        hidden = "%" in text[line_start:start]
        if command == "comment":
            block.end = self._end(inner, match[2]) or self._next_line(inner)
            for hidden_entry in _COMMAND.finditer(text, inner, block.end):
                if hidden_entry[1].lower() not in NO_WORKS:
                    line = self.lines.of(hidden_entry.start())
                    block.remarks.append(f"line {line}: an entry within @comment is not read")
            return block
        end = self._end(inner, match[2])
        following = _NEW_ENTRY.search(text, inner, end or len(text))
        limit = end - 1 if end else len(text)
        if following is not None and (end is None or self._unclosed(inner, following.start())):
            limit = following.start()
            block.end = limit
            block.remarks.append("the closing brace of the entry is missing")
        elif end is None:
            block.end = len(text)
            block.remarks.append("the closing brace of the entry is missing")
        else:
            block.end = end
        position = inner
        if command not in ("string", "preamble"):
            position = self._key(block, inner, limit)
        if command != "preamble":
            self._fields(block, position, limit)
        if hidden:
            block.command = "comment"
            block.remarks = [f"line {block.line}: an entry behind % is not read"]
        if command == "string":
            self.strings.update({k.lower(): v for k, v in block.fields.items()})
        return block

    def _unclosed(self, start: int, end: int) -> bool:
        """Whether the braces between two places do not close the brace before them."""
        depth = 1
        for token in _BRACE.finditer(self.text, start, end):
            depth += {"{": 1, "}": -1}.get(token[0], 0)
            if depth <= 0:
                return False
        return True

    def _next_line(self, position: int) -> int:
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end + 1

    def _end(self, position: int, bracket: str, limit: int | None = None) -> int | None:
        """Return the place behind what closes an entry, or None."""
        depth, quoted = 0, False
        if bracket == "{":
            for token in _BRACE.finditer(self.text, position, limit or len(self.text)):
                if token[0] == "{":
                    depth += 1
                elif token[0] == "}":
                    if depth == 0:
                        return token.end()
                    depth -= 1
            return None
        for token in re.compile(r'\\.|[{}")]', re.DOTALL).finditer(self.text, position):
            if token[0] == "{":
                depth += 1
            elif token[0] == "}":
                depth = max(0, depth - 1)
            elif token[0] == '"' and depth == 0:
                quoted = not quoted
            elif token[0] == ")" and depth == 0 and not quoted:
                return token.end()
        return None

    def _key(self, block: Block, position: int, limit: int) -> int:
        """Read the key; return where the fields begin."""
        match = re.compile(r"[^,={}\"\n\r]*").match(self.text, position, limit)
        raw, end = match[0], match.end()
        stop = self.text[end : end + 1] if end < limit else ""
        if stop == "=" or (stop and stop in "\n\r" and not raw.strip()):
            rest = re.compile(r"\s*[^,={}\"\n\r]*,").match(self.text, position, limit)
            if stop == "=" or rest is None:
                block.remarks.append("the entry has no key")
                return position
            raw, end, stop = rest[0][:-1], rest.end() - 1, ","
        if stop == "{" or stop == "}":  # a key with braces: up to the comma
            rest = re.compile(r"[^,=\"\n\r]*").match(self.text, position, limit)
            raw, end = rest[0], rest.end()
            stop = self.text[end : end + 1] if end < limit else ""
        block.key = " ".join(raw.split())
        if stop == ",":
            end += 1
        elif stop and end < limit:
            block.remarks.append("a comma is missing after the key")
        if not block.key:
            block.remarks.append("the entry has no key")
        elif " " in block.key:
            block.remarks.append("the key holds a blank, which BibTeX does not take")
        elif re.search(r"[(){}\[\]#%'\"\\~]", block.key):
            block.remarks.append("the key holds a bracket or sign that BibTeX does not take")
        return end

    def _fields(self, block: Block, position: int, limit: int) -> None:
        text = self.text
        last, comma = "the key", True
        while position < limit:
            blank = re.compile(r"[\s,]*").match(text, position, limit)
            comma = comma or "," in blank[0]
            position = blank.end()
            if position >= limit:
                return
            match = _NAME.match(text, position, limit)
            if match is None:
                position = self._skip(block, position, limit)
                comma = True
                continue
            if not comma:
                block.remarks.append(f"a comma is missing after {last}")
            name = match[1].lower()
            value, end, problem = self._value(block, match.end(), limit, name)
            if problem:
                block.problem = block.problem or problem
                block.problem_line = block.problem_line or self.lines.of(match.start())
                loose = _NEXT_FIELD.search(text, match.end(), limit)
                if loose is None:
                    return
                position, comma, last = loose.start(), True, name
                continue
            self._keep(block, name, value, (match.end(), end))
            position, comma, last = end, False, name

    def _keep(self, block: Block, name: str, value: str, span: tuple[int, int]) -> None:
        if name not in block.fields:
            block.fields[name] = value
            block.spans[name] = span
        elif block.fields[name].split() != value.split() and name in COMPARED:
            block.remarks.append(f"{name} is given twice; the first is used, as BibTeX does")

    def _skip(self, block: Block, position: int, limit: int) -> int:
        """Pass over what is no field; return where the next one may begin."""
        text = self.text
        if text[position] == "%":  # biber takes % for the start of a comment here
            end = re.compile(r"[\r\n]").search(text, position, limit)
            return end.end() if end else limit
        following = _LOOSE_NAME.search(text, position + 1, limit)
        end = following.start() if following else limit
        stray = " ".join(text[position:end].split())
        stray = stray if len(stray) <= 40 else stray[:37] + "..."
        if stray.strip("}) ,;."):
            block.remarks.append(f"'{stray.rstrip(', ')}' belongs to no field and is passed over")
        elif "}" in stray:
            block.remarks.append("a closing brace too many")
        return end

    def _value(self, block: Block, position: int, limit: int, name: str) -> tuple[str, int, str]:
        """Return a value, where it ends, and what is wrong with it."""
        text, parts = self.text, []
        while True:
            position = re.compile(r"\s*").match(text, position, limit).end()
            mark = text[position : position + 1] if position < limit else ""
            if mark == "{":
                end = self._closing(position + 1, limit)
                if end is None:
                    return "", position, f"the brace that opens {name} is never closed"
                parts.append(text[position + 1 : end - 1])
            elif mark == '"':
                end = self._closing_quote(position + 1, limit)
                if end is None:
                    return "", position, f"the quotation mark that opens {name} is never closed"
                parts.append(text[position + 1 : end - 1])
            else:
                match = _BARE.match(text, position, limit)
                if match is None:
                    if not parts:
                        block.remarks.append(f"{name} has no value")
                    return " ".join("".join(parts).split()), position, ""
                end = match.end()
                word, end = self._bare(block, match[0], end, limit, name)
                parts.append(word)
            self.size = sum(map(len, parts))
            if self.size > MAX_VALUE_CHARS:
                return "", end, f"{name} is longer than {MAX_VALUE_CHARS:,} characters"
            joined = re.compile(r"\s*#").match(text, end, limit)
            if joined is None:
                return "".join(parts).strip(), end, ""
            position = joined.end()

    def _bare(self, block: Block, word: str, end: int, limit: int, name: str) -> tuple[str, int]:
        """Return what a word without braces stands for: a number, a string, or itself."""
        if word.isdigit():
            pass
        elif word.lower() in self.strings:
            return self.strings[word.lower()], end
        rest = re.compile(r"[^,\n\r\"#={}]*").match(self.text, end, limit)
        if rest[0].strip() and not re.match(r"\s+[A-Za-z][\w-]*\s*$", rest[0]):
            block.remarks.append(f"the value of {name} stands without braces")
            return word + rest[0].rstrip(), rest.end()
        if not word.isdigit() and not re.fullmatch(r"[\d.–-]+", word):
            block.remarks.append(f"the string {word} of {name} is not defined; read as its name")
            block.undefined.add(name)
        return word, end

    def _closing(self, position: int, limit: int) -> int | None:
        """Return the place behind the brace that closes the one before `position`, or None."""
        depth = 1
        for token in _BRACE.finditer(self.text, position, limit):
            depth += {"{": 1, "}": -1}.get(token[0], 0)
            if depth == 0:
                return token.end()
        return None

    def _closing_quote(self, position: int, limit: int) -> int | None:
        """Return the place behind the quotation mark that closes a value, or None.

        One within braces does not close it, nor one that nothing of BibTeX follows.
        """
        depth, fallback = 0, None
        for token in _BRACE_QUOTE.finditer(self.text, position, limit):
            if token[0] == "{":
                depth += 1
            elif token[0] == "}":
                depth -= 1
            elif token[0] == '"' and depth <= 0:
                if _AFTER_QUOTE.match(self.text, token.end()):
                    return token.end()
                fallback = fallback or token.end()
        return fallback

    def _continued(self, block: Block, start: int, end: int) -> None:
        """Give a block the fields that fell out of it behind a closing brace too many."""
        if block.command in NO_WORKS:
            return
        match = re.compile(r"\s*,?\s*[A-Za-z][\w-]*\s*=\s*[{\"\w]").match(self.text, start, end)
        if match is None:
            return
        block.remarks.append("a closing brace too many, before the end of the entry")
        self._fields(block, start, (self._end(start, "{", end) or end + 1) - 1)
        block.end = end


_NEXT_FIELD = re.compile(r"(?<=[\n\r])[ \t]*,?[ \t]*(?=[A-Za-z][\w-]*\s*=\s*[{\"\w])")
COMPARED = frozenset(
    {
        "author",
        "title",
        "subtitle",
        "journal",
        "journaltitle",
        "booktitle",
        "year",
        "date",
        "volume",
    }
    | {"number", "issue", "pages", "eid", "doi", "crossref", "editor", "series"}
)
"""Fields whose repetition matters to an audit."""
_KNOWN = frozenset(
    re.findall(
        r"\S+",
        "article book booklet collection comment conference dataset electronic inbook incollection "
        "inproceedings manual mastersthesis misc online patent phdthesis preamble proceedings "
        "report software string techreport thesis unpublished www xdata",
    )
)
