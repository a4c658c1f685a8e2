"""Make up answers of a register, with all that real ones hold: markup, scripts, odd DOIs."""

import random

FAMILIES = (
    "Doe", "Roe", "Müller", "García López", "O’Brien", "van der Berg", "Łukasiewicz", "Sørensen",
    "Çelik", "D’Souza", "Nguyễn", "Strauß", "Ångström", "Wang", "Lee", "de la Cruz", "Šimić",
    "Håkansson", "Benoît-Dupont", "Al-Farsi", "Ó Súilleabháin", "Žižka", "Papadopoulos", "Ito",
)  # fmt: skip
GIVEN = (
    "Ana María",
    "J.-P.",
    "Xiao-Ming",
    "K",
    "Jörg",
    "R. J. B.",
    "Élodie",
    "Mary Ann",
    "T",
    "Bo",
)
SUBJECTS = (
    "NO<sub>x</sub> release", "<i>Drosophila melanogaster</i> sleep", "β-adrenergic signalling",
    "Fe<sup>2+</sup> uptake", "Parkinson’s disease", "TNF-α and IL-1β", "the Schrödinger equation",
    "CO<sub>2</sub> &amp; O<sub>2</sub> exchange", "<i>E. coli</i> K-12", "restless legs syndrome",
    "5-HT<sub>2A</sub> receptors", "Alzheimer's disease", "X-ray diffraction", "μ-opioid binding",
    "“quiet” wakefulness", "pH &lt; 7 buffers", "sub-100 nm particles", "H∞ control",
)  # fmt: skip
VERBS = (
    "Measuring", "On the role of", "A randomised trial of", "Limits of", "Effects of iron on",
    "Long-term follow-up of", "Towards", "What determines", "Simulating", "A meta-analysis of",
)  # fmt: skip
PLACES = (
    "in northern cohorts", "in mice and men", "after 24 h", "under load", "in rural practice",
    "with sparse data", "at low temperature", "among shift workers", "during pregnancy",
)  # fmt: skip
JOURNALS = (
    ("Journal of the American Heart Association", "J. Am. Heart Assoc."),
    ("Proceedings of the National Academy of Sciences", "Proc. Natl. Acad. Sci. U.S.A."),
    ("Zeitschrift für Physik A", "Z. Phys. A"), ("Sleep Medicine", "Sleep Med."),
    ("The Lancet Neurology", "Lancet Neurol."), ("Astronomy &amp; Astrophysics", "A&A"),
    ("Physical Review Letters", "Phys. Rev. Lett."), ("PLoS ONE", "PLoS ONE"),
    ("Annals of Internal Medicine", "Ann Intern Med"), ("Neuro-Oncology", "Neuro Oncol"),
    ("Revista Española de Cardiología", "Rev Esp Cardiol"), ("eLife", "eLife"),
    ("American Journal of Physiology-Heart and Circulatory Physiology",
     "Am. J. Physiol. Heart Circ. Physiol."),
)  # fmt: skip
DOIS = (
    "10.1016/j.x.{y}.{n:05d}", "10.1002/(SICI)1097-0258({y}0430)17:8<{n}::AID-SIM777>3.0.CO;2-E",
    "10.1007/978-3-540-{n:05d}_12", "10.1016/S1474-4422({y})3{n:04d}-7",
    "10.1371/journal.p.{n:07d}",
    "10.1175/1520-0442({y})013<{n}:ATFAT>2.0.CO;2", "10.1000/A#B?{n}", "10.3389/fphys.{y}.{n:05d}",
)  # fmt: skip


def made_up(count: int) -> list[dict]:
    """Return messages in Crossref's form; equal for equal counts."""
    dice = random.Random(7)
    return [_work(n, dice) for n in range(count)]


def _work(n: int, dice: random.Random) -> dict:
    year, first = dice.randrange(1985, 2026), dice.randrange(1, 2000)
    journal, short = dice.choice(JOURNALS)
    people = [
        {"family": dice.choice(FAMILIES), "given": dice.choice(GIVEN)}
        for _ in range(dice.randrange(1, 8))
    ]
    if n % 11 == 0:
        people.append({"name": "River Study Group"})
    title = f"{dice.choice(VERBS)} {dice.choice(SUBJECTS)} {dice.choice(PLACES)}"
    if n % 3 == 0:
        title += f": {dice.choice(VERBS).lower()} {dice.choice(SUBJECTS)}"
    work = {
        "DOI": dice.choice(DOIS).format(y=year, n=n + 1),
        "type": "journal-article",
        "title": [title],
        "subtitle": ["A cohort study"] if n % 7 == 0 else [],
        "author": people,
        "container-title": [journal],
        "short-container-title": [short],
        "volume": str(dice.randrange(1, 400)),
        "issue": dice.choice(("1", "12", "3-4", "suppl_1", "S2", "Supplement 3")),
        "published-print": {"date-parts": [[year, 5]]},
        "issued": {"date-parts": [[year - n % 2, 12]]},
        "published-online": {"date-parts": [[year - n % 2, 12, 1]]},
        "ISSN": ["0028-0836"],
    }
    if n % 5 == 0:
        work["article-number"] = f"e{first:06d}"
    else:
        work["page"] = f"{first}-{first + dice.randrange(1, 30)}"
    return work
