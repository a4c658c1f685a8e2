"""Sphinx called with everything set here, so that no configuration file lies about."""

import io
import re
from pathlib import Path

import yaml
from markupsafe import escape

from claimbook.claims.verdict import Verdict
from claimbook.errors import RunFailed
from claimbook.site.cache import BookPages
from claimbook.site.context import Site
from claimbook.site.links import CARDS

HERE = Path(__file__).parent


def settings(site: Site, pages: BookPages) -> dict:
    """Return Sphinx's configuration."""
    name = pages.name
    fixed = yaml.safe_load((HERE / "sphinx.yaml").read_text(encoding="utf-8"))
    fixed["html_theme_options"]["logo"] = {"text": str(escape(name))}  # the theme does not escape
    colours = [(verdict.replace(" ", "-"), verdict.colour) for verdict in Verdict]
    preview = {}
    if pages.preview:
        preview = dict(zip(("description", "alt"), pages.preview, strict=True))
        preview["address"] = site.collection.address
    return fixed | {
        "project": name,
        "html_title": name,
        "templates_path": [str(HERE / "templates")],
        "html_static_path": [str(HERE / "static")],
        "html_context": {"default_mode": "light", "verdict_colours": colours},
        "claimbook_cards": [CARDS, *pages.cards],
        # all pages show titles of others
        "claimbook_titles": [*site.titles.values(), *map(_title, pages.sources.values())],
        "claimbook_preview": preview,
    }


def _title(source: str) -> str:
    return re.search(r"^# (.+)|$", source, re.M)[0]


def build(source: Path, output: Path, doctrees: Path, configuration: dict) -> None:
    """Build HTML into `output`; only what changed since the last build there is made anew.

    Raises RunFailed with Sphinx's own words if it fails or so much as warns.
    """
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    words = io.StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                source, None, output, doctrees, "html", confoverrides=configuration,
                status=None, warning=words, warningiserror=True,
            )  # fmt: skip
            app.build()
    except SphinxError as error:
        raise RunFailed(_warnings(words.getvalue(), source) or f"the site: {error}") from None
    if app.statuscode or words.getvalue().strip():
        raise RunFailed(_warnings(words.getvalue(), source))


def _warnings(words: str, source: Path) -> str:
    """Return Sphinx's warnings without colours and without the path of the work folder."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", words).replace(f"{source}/", "")
    lines = [line for line in plain.splitlines() if line.strip()]
    return "the site: " + "\n".join(lines[:10]) if lines else ""
