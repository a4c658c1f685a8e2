"""What git tells of a checkout."""

import shutil
import subprocess
from pathlib import Path


def git(root: Path, *words: str) -> bytes | None:
    """Return what git prints; None if it fails or is not there."""
    if not shutil.which("git"):
        return None
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True)
    return None if done.returncode else done.stdout
