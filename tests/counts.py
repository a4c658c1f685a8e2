"""How large and how tangled the code is: ``python tests/counts.py`` prints the counts.

Read from the sources alone, so it needs nothing but Python. `test_architecture.py` holds the code
to its layers by the same functions.
"""

import ast
import json
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENGINE, ESSAY = "claimbook", "rls_nitric_oxide"
LAYERS = ("errors", "book", "citations", "stats", "claims", "show", "run", "site", "public", "cli")
"""From the lowest: a module imports from its own folder or from those below."""
VERDICT = re.compile(r"""["'](holds|holds in part|does not hold|not testable)["'](?!:)""")


def modules() -> dict[str, Path]:
    """Return the dotted name of each module of both packages -> its file."""
    found = {}
    for package in (ENGINE, ESSAY):
        for path in sorted((ROOT / "src" / package).rglob("*.py")):
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(name: str, path: Path, known) -> list[tuple[int, str]]:
    """Return line and module for each import of one of the `known` modules, those for typing left
    out."""
    tree, found = ast.parse(path.read_text(encoding="utf-8")), []
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.append((node.lineno, inner if inner in known else node.module))
    return [(line, module) for line, module in found if module in known and module != name]


def layer(module: str) -> int:
    """Return the rank of a module: its layer, above all for the public face and the essay."""
    parts = module.split(".")
    if parts[0] != ENGINE or len(parts) == 1:
        return len(LAYERS)
    return LAYERS.index(parts[1])


def upward_imports() -> list[str]:
    """Return file and line of each import that leads to a higher layer, in words."""
    known, found = modules(), []
    for name, path in known.items():
        for line, module in imports(name, path, known):
            if layer(module) > layer(name) or (ESSAY in module and ESSAY not in name):
                found.append(
                    f"{path.relative_to(ROOT)}:{line}: imports {module}, which is above it"
                )
    return found


def circles() -> list[str]:
    """Return the modules that lead back to themselves, a line for each."""
    known = modules()
    after = {name: {m for _, m in imports(name, path, known)} for name, path in known.items()}
    found = []
    for name in known:
        seen, ahead = set(), list(after[name])
        while ahead:
            if (module := ahead.pop()) not in seen:
                seen.add(module)
                ahead += after[module]
        if name in seen:
            found.append(f"{known[name].relative_to(ROOT)}: {name} imports itself by way of others")
    return found


def doubled_names() -> dict[str, list[str]]:
    """Return public name -> file and line of each definition, where the engine has it twice.

    The public face offers what it wraps by the same names, and is left out.
    """
    places = defaultdict(list)
    for module, path in modules().items():
        if module.startswith(ENGINE) and module != f"{ENGINE}.public":
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
                    places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def verdict_literals() -> list[str]:
    """Return file and line of each verdict written out in a source, where it is not defined."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for module, path in modules().items()
        if module != "claimbook.claims.verdict"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if VERDICT.search(line)
    ]


def lines(folder: str) -> int:
    """Return how many lines the Python files of a folder have."""
    files = (ROOT / folder).rglob("*.py")
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def notebook_counts() -> dict[str, tuple[int, int, int]]:
    """Return notebook -> lines of code, words of prose, lines of the longest code cell."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [
            sum(bool(line.strip()) for line in cell["source"])
            for cell in cells
            if cell["cell_type"] == "code"
        ]
        prose = ("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        found[path.stem] = sum(code), sum(len(text.split()) for text in prose), max(code, default=0)
    return found


if __name__ == "__main__":
    for folder in ("src", *(f"src/claimbook/{name}" for name in LAYERS[1:-2]), f"src/{ESSAY}"):
        print(f"{folder}: {lines(folder):,} lines")
    print(f"tests: {lines('tests'):,} lines")
    counts = notebook_counts()
    for stem, (code, words, longest) in counts.items():
        print(
            f"{stem}: {code} lines of code, longest cell {longest}; {words / code:.1f} words a line"
        )
    code, words = (sum(count[i] for count in counts.values()) for i in (0, 1))
    print(f"notebooks: {code:,} lines of code; {words / code:.2f} words a line")
    for what, found in {
        "upward imports": upward_imports(),
        "modules in a circle": circles(),
        "verdict literals": verdict_literals(),
        "doubled names": [f"{name}: {', '.join(p)}" for name, p in doubled_names().items()],
    }.items():
        print(f"{what}: {len(found)}", *found, sep="\n  ")
