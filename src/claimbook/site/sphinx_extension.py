"""What the site adds to Sphinx: formulas as MathML, the order of the cards, a quicker index."""

from functools import cache

import sphinx.search
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from markupsafe import Markup, escape
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish
from sphinx.util.math import get_node_equation_number

from claimbook.site.exports.crate import PICTURE
from claimbook.site.exports.open_graph import meta_tags
from claimbook.site.links import MACHINE
from claimbook.site.markup import macros


class _English(SearchEnglish):
    """English for the search index, in which a word is brought to its stem once, not per page."""

    def __init__(self, options: dict) -> None:
        super().__init__(options)
        self.stem = cache(self.stem)


def setup(app: Sphinx) -> dict:
    sphinx.search.languages["en"] = _English
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.add_config_value("claimbook_cards", [], "env")
    app.add_config_value("claimbook_titles", [], "html")
    app.add_config_value("claimbook_preview", {}, "html")
    app.connect("html-page-context", _order_cards)
    app.connect("html-page-context", _add_preview)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(translator, node: nodes.math) -> None:
    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _block(translator, node: nodes.math_block) -> None:
    number = get_node_equation_number(translator, node) if node.get("number") else ""
    mathml = Markup(tex2mathml(node.astext(), True))
    translator.body.append(str(macros().formula(mathml, number)))
    raise nodes.SkipNode


def _order_cards(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Let the cards, which stand in no table of contents, lead to one another in their order."""
    order = app.config.claimbook_cards
    if page not in order[1:]:
        return
    here = order.index(page)
    for name, place in (("prev", here - 1), ("next", here + 1)):
        context[name] = _step(app, page, order[place]) if place < len(order) else None
    context["parents"] = [_step(app, page, order[0])]


def _step(app: Sphinx, page: str, other: str) -> dict:
    title = str(escape(app.env.titles[other].astext()))  # the theme does not escape it
    return {"link": app.builder.get_relative_uri(page, other), "title": title}


def _add_preview(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Tell in the head of a page what a link to it shows where it is shared."""
    if preview := app.config.claimbook_preview:
        title = Markup(context.get("title", "")).striptags()
        tags = meta_tags(title, **preview, page=f"{page}.html", picture=f"{MACHINE}/{PICTURE}")
        context["metatags"] = context.get("metatags", "") + tags
