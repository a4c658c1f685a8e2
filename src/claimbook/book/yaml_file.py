"""Reading YAML written by hand: plain values only, and no silent surprises."""

import re
from pathlib import Path

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser
from yaml.resolver import Resolver

from claimbook.errors import InputError

MAX_BYTES = 1_000_000  # far above any file a person writes; stops a bomb before it is parsed


class _StrictLoader(Composer, CParser, SafeConstructor, Resolver):
    """Safe loader that also refuses repeated keys, anchors, aliases and tags.

    Text is parsed by libyaml, many times faster; the rest is Python, to look closely.
    """

    def __init__(self, stream):
        CParser.__init__(self, stream)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent, index):
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not allowed", problem_mark=event.start_mark
            )
        if getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(
                problem=f"the tag {event.tag} is not allowed", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is not text", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key '{key}' appears twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


# What is not quoted is a number, true, false or null only in its plain form. YAML 1.1 would also
# read 12:30 as 750, 0171 as 121, 1_000 as 1000, yes as true, and a date as no text.
_PLAIN = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?",
    "merge": r"<<",  # read as such, so that it is refused
}
_StrictLoader.yaml_implicit_resolvers = {}
for _kind, _form in _PLAIN.items():
    _StrictLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_form})\Z"), None
    )


def read_yaml(path: Path) -> dict:
    """Return the mapping that the YAML file at `path` holds.

    Raises InputError, naming file and line, also for repeated keys, anchors, aliases and tags.
    """
    if not path.is_file():
        raise InputError(f"{path}: the file is missing")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES} bytes, which no hand-written file is")
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = yaml.load(text, Loader=_StrictLoader)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        last = max(len(text.splitlines()), 1)  # what is missing at the end is missing past it
        line = f", line {min(mark.line + 1, last)}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputError(f"{path}{line}: {problem}") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise InputError(f"{path}: {error}; put it in quotes if it is text") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected 'name: value' lines at the top level")
    return content
