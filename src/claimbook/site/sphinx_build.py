"""Sphinx called with everything set here, so that no configuration file lies about."""

import io
import re
from pathlib import Path

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
    preview = {}
    if pages.preview:
        description, alt = pages.preview
        address = site.collection.address
        preview = {"description": description, "alt": alt, "address": address}
    return {
        "project": name,
        "version": "",
        "language": "en",
        "extensions": ["myst_nb", "claimbook.site.sphinx_extension"],
        "templates_path": [str(HERE / "templates")],
        "html_static_path": [str(HERE / "static")],
        "html_css_files": ["claimbook.css"],
        "html_js_files": ["claimbook.js"],
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {
            "use_download_button": False,
            "use_fullscreen_button": False,
            "show_navbar_depth": 1,
            "max_navbar_depth": 1,
            "navbar_start": ["navbar-logo"],
            "navbar_end": ["theme-switcher"],
            "navbar_persistent": ["search-button"],
            "article_header_start": [],
            "article_header_end": [],
            "toc_title": "On this page",
            "footer_content_items": [],
            "article_footer_items": [],
            "back_to_top_button": False,
            "search_bar_text": "Search",
            "logo": {"text": str(escape(name))},  # the theme shows it as it is
        },
        "html_title": name,
        "html_context": {
            "default_mode": "light",  # where scripts are off; else the system's
            "verdict_colours": [(verdict.replace(" ", "-"), verdict.colour) for verdict in Verdict],
        },
        "html_sidebars": {"**": ["sbt-sidebar-nav"]},
        "html_math_renderer": "mathml",
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_copyright": False,
        "html_show_search_summary": False,  # it would fetch pages, which a browser forbids on disk
        "html_use_index": False,
        "html_domain_indices": False,
        "html_permalinks": False,
        "html_last_updated_fmt": None,
        "smartquotes": False,
        "nb_execution_mode": "off",
        "nb_code_prompt_show": "Show the code",
        "nb_code_prompt_hide": "Hide the code",
        "myst_all_links_external": True,  # they are final already, and tested
        "myst_enable_extensions": ["dollarmath"],
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
