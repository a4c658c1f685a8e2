"""Find the keys that a Markdown, Quarto or LaTeX document cites, and the lists that it names."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from claimbook.citations.readers.files import decoded

MARKDOWN = frozenset({".md", ".qmd", ".rmd", ".markdown", ".ipynb"})
LATEX = frozenset({".tex", ".ltx", ".latex", ".aux", ".rnw"})

_FENCE = re.compile(
    r"^([ \t]*)(`{3,}|~{3,})[^\n]*\n.*?(?:^\1?[ \t]*\2[`~]*[ \t]*$|\Z)", re.M | re.S
)
_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CITED = re.compile(
    r"(?<![\w@.\\/])-?@(?:\{(?P<braced>[^{}\s]+)\}"
    r"|(?P<key>[^\W_]|_)(?P<rest>(?:[\w]|[:.#$%&+?<>~/-](?=[\w/]))*))"
)
_CROSS_REFERENCE = re.compile(
    r"^(?:fig|tbl|tab|sec|eq|lst|thm|lem|cor|prp|cnj|def|exm|exr|sol|rem|alg|nte|tip|wrn|imp|cau)[-:]"
)
_CITE = re.compile(
    r"\\(?P<name>(?:no|full|foot|paren|text|smart|super|auto|[Pp]no|tc|en|short|my|Parencite|Text|"
    r"Auto|Smart|Foot)?[Cc]ite[a-zA-Z]*|citation|[A-Z]?[a-z]*cites?)\*?"
    r"(?P<groups>(?:\s*(?:\[[^\]]*\]|\([^()]*\)))*\s*\{[^{}]*\}(?:\s*(?:\[[^\]]*\])*\s*\{[^{}]*\})*)"
)
_NOT_CITING = frozenset(
    {"citestyle", "citesetup", "citename", "citefield", "citereset", "citealias"}
)
_LISTS = re.compile(r"\\(?:bibliography|addbibresource|bibdata)(?:\[[^\]]*\])?\{([^{}]+)\}")
_YAML = re.compile(r"\A---\s*\n(.*?)\n(?:---|\.\.\.)\s*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """What a document cites: keys in order, and whether it cites everything (``nocite: @*``)."""

    path: str
    cited: tuple[str, ...]
    everything: bool
    lists: tuple[str, ...]
    remark: str = ""


def read(path: Path | str) -> Document:
    """Read the keys that a document cites. Raises InputError if it cannot be read."""
    text, remark = decoded(path)
    suffix = Path(path).suffix.lower()
    if suffix in LATEX:
        keys, lists = _latex(text)
    else:
        keys, lists = _markdown(_cells(text) if suffix == ".ipynb" else text)
    everything = "*" in keys
    cited = tuple(k for k in dict.fromkeys(keys) if k != "*")
    return Document(str(path), cited, everything, tuple(lists), remark)


def _cells(text: str) -> str:
    """Return the Markdown cells of a notebook as one text."""
    try:
        cells = json.loads(text)["cells"]
        sources = (c["source"] for c in cells if c.get("cell_type") == "markdown")
        return "\n\n".join("".join(s) for s in sources)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _markdown(text: str) -> tuple[list[str], list[str]]:
    text = text.replace("\r\n", "\n")
    lists: list[str] = []
    keys: list[str] = []
    header = _YAML.search(text)
    if header:
        lists = _lists_of_header(header[1])
        everything = re.search(r"^nocite:[^@]*@\*", header[1], re.MULTILINE)
        keys += ["*"] if everything else []
        nocite = re.search(r"^nocite:(.*?)(?=^\w|\Z)", header[1], re.MULTILINE | re.DOTALL)
        text = (nocite[1] if nocite else "") + "\n\n" + text[header.end() :]
    text = _COMMENT.sub(" ", _SPAN.sub(" ", _FENCE.sub("\n", text)))
    for match in _CITED.finditer(text):
        key = match["braced"] or match["key"] + match["rest"]
        if not _CROSS_REFERENCE.match(key):
            keys.append(key)
    more, named = _latex(text, comments=False)
    return keys + more, lists + named


def _lists_of_header(header: str) -> list[str]:
    match = re.search(
        r"^bibliography:[ \t]*(.*?)(?=^\S(?<!-)|\Z)", header, re.MULTILINE | re.DOTALL
    )
    if match is None:
        return []
    names = re.split(r"[\s,\[\]]+|(?:^|\n)\s*-\s+", match[1])
    return [n.strip("\"'") for n in names if n.strip("\"'- ")]


def _latex(text: str, comments: bool = True) -> tuple[list[str], list[str]]:
    if comments:
        text = re.sub(r"(?<!\\)((?:\\\\)*)%[^\n]*", r"\1", text)
        text = re.sub(
            r"\\begin\{(comment|verbatim|lstlisting)\}.*?\\end\{\1\}", "", text, flags=re.S
        )
    keys = []
    for match in _CITE.finditer(text):
        if match["name"] in _NOT_CITING:
            continue
        groups = re.findall(r"\{([^{}]*)\}", match["groups"])
        for group in groups if match["name"].endswith("s") else groups[:1]:
            keys += [k.strip() for k in group.split(",") if k.strip() and "#" not in k]
    lists = [n.strip() for m in _LISTS.finditer(text) for n in m[1].split(",") if n.strip()]
    return keys, [n if re.search(r"\.\w{2,7}$", n) else f"{n}.bib" for n in lists]
