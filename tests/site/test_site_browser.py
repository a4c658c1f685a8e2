"""The site in a real browser, opened from disk: Debian's Chromium, driven without a window."""

import re
import shutil

import pytest
from site_reader import report

from claimbook.errors import InputError
from claimbook.site.pdf import find_browser, make_pdf, whole_page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
try:
    PROGRAM = find_browser()
except InputError:
    PROGRAM = None
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium or Chrome here"),
    pytest.mark.timeout(600),
]

LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PARTS = 6
"""Into how many tests the visit of all pages is cut, for as many processes to share."""
QUICK = {"resultTypes": ["violations"], "preload": False}
CONTRAST = {**QUICK, "runOnly": ["color-contrast"]}
"""In the other theme nothing but colours is different."""
VIOLATIONS = "options => axe.run(document, options).then(found => found.violations)"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=PROGRAM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport=LAPTOP, color_scheme="light")
    yield context.new_page()
    context.close()


def address(site, path):
    return (site.folder / path).as_uri()


def watch(page):
    """Note what a page asks for beyond the disk, and what it complains of."""
    noted = []
    page.on("request", lambda r: noted.append(r.url) if not r.url.startswith(LOCAL) else None)
    page.on("requestfailed", lambda r: noted.append(f"failed: {r.url}"))
    page.on("console", lambda m: noted.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: noted.append(str(error)))
    return noted


LOCAL = ("file:", "data:")


def parts_of(site):
    """The pages in `PARTS` groups of about equal weight, heaviest first."""
    paths = [p.relative_to(site.folder).as_posix() for p in site.folder.rglob("*.html")]
    groups = [[0, []] for _ in range(PARTS)]
    for path in sorted(paths, key=lambda p: (-(site.folder / p).stat().st_size, p)):
        lightest = min(groups, key=lambda group: group[0])
        lightest[0] += (site.folder / path).stat().st_size
        lightest[1].append(path)
    return [group[1] for group in groups]


# --- every page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_sound_accessible_and_fits_a_phone(site, page, part):
    """Axe in both themes, console, requests, width: each page is opened once for all of them."""
    script, noted, problems, times = axe.Axe().axe_script, watch(page), [], {}
    paths = parts_of(site)[part]
    assert len(paths) > 5
    for path in paths:
        page.goto(address(site, path))
        times[path] = page.evaluate(
            "Math.round(performance.getEntriesByType('navigation')[0].domComplete)"
        )
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        page.evaluate(script)
        for theme, options in (("light", QUICK), ("dark", CONTRAST)):
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            for found in page.evaluate(VIOLATIONS, options):
                where = [node["html"][:120] for node in found["nodes"][:3]]
                problems.append((path, theme, found["id"], where))
        page.set_viewport_size(PHONE)
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            problems.append((path, f"{wide} pixels wider than a phone"))
        page.set_viewport_size(LAPTOP)
        problems += [(path, note) for note in noted]
        noted.clear()
    report(f"render-milliseconds-{part}", times)
    assert problems == []


# --- the first page ------------------------------------------------------------------------------


def test_a_laptop_shows_question_answer_and_table_without_scrolling(site, page):
    page.goto(address(site, "index.html"))
    for part in ("h1", ".question", ".short", "table.figures"):
        box = page.locator(f".bd-article {part}").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= LAPTOP["height"], part
    assert page.locator("table.figures tbody tr").count() == 7


def test_a_phone_shows_the_figures_as_a_list(site, page):
    page.set_viewport_size(PHONE)
    page.goto(address(site, "index.html"))
    cell = page.locator("table.figures tbody tr").first.locator("td").first
    label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert label.strip('"') == cell.get_attribute("data-label")
    assert cell.bounding_box()["width"] > 300


def test_a_box_of_the_argument_leads_to_its_card(site, page):
    page.goto(address(site, "index.html"))
    page.locator("svg a[aria-label^='half-life of NO: ']").click()
    assert page.url.endswith("claims/no_half_life.html")


def test_a_phone_opens_the_contents(site, page):
    page.set_viewport_size(PHONE)
    page.goto(address(site, "claims/humming.html"))
    entry = page.get_by_role("link", name="30 How common is RLS?")
    assert not entry.is_visible()
    page.get_by_role("button", name="Site navigation").click()
    entry.click()
    assert page.url.endswith("notebooks/30-prevalence.html")


# --- search, code, filter, theme -----------------------------------------------------------------


def test_search_finds_a_claim_from_any_page(site, page):
    noted = watch(page)
    page.goto(address(site, "notebooks/10-the-figures.html"))
    page.keyboard.press("Control+k")
    page.keyboard.type("mouthwash")
    page.keyboard.press("Enter")
    result = page.locator("#search-results a", has_text="Much mouthwash can block")
    result.click()
    assert page.url.partition("?")[0].endswith("claims/mouthwash.html")
    assert "mouthwash" in page.locator("h1").inner_text()
    assert noted == []


def test_search_that_finds_nothing_says_so(site, page):
    page.goto(f"{address(site, 'search.html')}?q=zebrafinch")
    page.get_by_text("Your search did not match any documents").wait_for()


def test_code_is_hidden_until_one_click(site, page):
    page.goto(address(site, "notebooks/30-prevalence.html"))
    code, shown = page.locator("details.hide .highlight"), page.locator("details.hide[open]")
    assert code.count() > 20 and not code.first.is_visible()
    page.locator("details.hide summary").first.click()
    assert code.first.is_visible() and shown.count() == 1
    button = page.get_by_role("button", name="Show all code")
    button.click()
    assert shown.count() == page.locator("details.hide").count()
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert shown.count() == 0


def test_a_long_table_can_be_narrowed_to_the_rows_with_a_word(site, page):
    page.goto(address(site, "notebooks/82-claims-and-checks.html"))
    box = page.locator(".table-box.tall").first
    rows = box.locator("tbody tr")
    every = rows.count()
    field = page.get_by_label("Rows with").first
    field.fill("contradicted sinus")
    seen = [row.inner_text() for row in rows.all() if row.is_visible()]
    assert 0 < len(seen) < every
    assert all("contradicted" in text and "sinus" in text.lower() for text in seen)
    field.fill("")
    assert all(row.is_visible() for row in rows.all())


def test_theme_follows_the_system_and_can_be_chosen_and_stays(site, browser):
    context = browser.new_context(viewport=LAPTOP, color_scheme="dark")
    page = context.new_page()
    page.goto(address(site, "index.html"))
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.get_by_role("button", name="Color mode").click()
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(theme) == "light"
    page.goto(address(site, "open.html"))
    assert page.evaluate(theme) == "light"
    context.close()


# --- keyboard, no scripts, print -----------------------------------------------------------------


def test_keyboard_alone_leads_from_question_to_source(site, page):
    page.goto(address(site, "index.html"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
        if "claims/us_prevalence" in (page.evaluate("document.activeElement.href") or ""):
            break
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring != "none", "where one is must be seen"
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/us_prevalence.html")
    for _ in range(80):
        page.keyboard.press("Tab")
        reached = page.evaluate("document.activeElement.href") or ""
        if reached.startswith("https://doi.org/"):
            return
    pytest.fail("no source was reached")


def test_keyboard_shows_code_and_scrolls_a_table(site, page):
    page.set_viewport_size(PHONE)
    page.goto(address(site, "notebooks/82-claims-and-checks.html"))
    summary = page.locator("details.hide summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.hide[open]").count() == 1
    boxes = page.locator(".scroll[tabindex='0']")
    assert boxes.count() > 0
    box = next(b for b in boxes.all() if b.evaluate("b => b.scrollWidth > b.clientWidth"))
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())


def test_boxes_that_hold_everything_are_no_stop_for_the_keyboard(site, page):
    page.goto(address(site, "notebooks/00-overview.html"))
    stops = page.locator(".scroll[tabindex='0']")
    assert stops.count() < page.locator(".scroll").count()


def test_everything_is_there_without_scripts(site, browser):
    context = browser.new_context(viewport=LAPTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto(address(site, "notebooks/30-prevalence.html"))
    assert page.locator("figure.picture img").first.is_visible()
    assert page.locator("table").first.is_visible()
    assert not page.get_by_role("button", name="Color mode").is_visible()
    page.locator("details.hide summary").first.click()
    assert page.locator("details.hide .highlight").first.is_visible()
    context.close()


def test_pictures_load_and_speak(site, page):
    page.goto(address(site, "notebooks/10-the-figures.html"))
    sizes = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.alt.length])")
    assert len(sizes) == 7 and all(width > 100 and words > 50 for width, words in sizes)


def test_paper_shows_what_is_read_and_nothing_to_click(site, page):
    page.goto(address(site, "notebooks/82-claims-and-checks.html"))
    page.emulate_media(media="print")
    for hidden in (".bd-header", ".bd-sidebar-primary", "details.hide", ".tools", ".filter"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator("table").first.is_visible()
    assert page.locator(".verdict").first.is_visible()
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 within its margins
    over = page.evaluate(
        "[...document.querySelectorAll('.scroll')].map(b => b.scrollWidth / b.clientWidth)"
    )
    assert max(over) < 1.15, "a table runs off the paper"


def test_whole_as_pdf(site, tmp_path):
    pages = ["index", "notebooks/84-the-argument", "claims/humming", "open"]
    whole = whole_page(site.folder, pages)
    assert '<article class="bd-article" id="claims-humming"' in whole
    inside = set(re.findall(r'href="#([^"]+)"', whole))
    ids = set(re.findall(r'\sid="([^"]+)"', whole))
    assert inside and inside <= ids
    assert not re.search(r'(?:href|src)="\.\./', whole)
    shutil.copytree(site.folder, tmp_path / "site")
    pdf = make_pdf(tmp_path / "site", pages).read_bytes()
    assert pdf.startswith(b"%PDF-") and len(pdf) > 50_000
    assert not (tmp_path / "site" / "whole.html").exists()
