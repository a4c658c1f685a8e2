"""Rules that find faulty rows in the tables of any book, beyond what its description says.

Each rule names the columns that it needs and is applied to every table that has them. A row that
breaks a rule is refused, with file, row, column, value and what was expected, unless its cell
`exceptions` answers it: ``rule: reason``, several separated by `` | ``.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from os.path import commonprefix
from pathlib import Path
from urllib.parse import unquote, urlparse

import pandas as pd

from claimbook.book.evidence import verified
from claimbook.errors import nearest

EXCEPTIONS = "exceptions"
SLACK = 1.001
"""Room for the binary form of decimal numbers."""
ALIKE = 20
"""So many letters in common are no chance, and so many that differ no cutting off."""
DOI_YEARS = (-1, 2)
"""A work's DOI may bear the year after, at the earliest, to two years before that of print."""

Found = Iterator[tuple[object, str, str]]
"""What a rule finds: the label of a row, the column at fault, and what was expected."""


@dataclass(frozen=True)
class Rule:
    """One rule: `find` is given a table that has all columns of `needs`."""

    name: str
    needs: tuple[str, ...]
    find: Callable[[pd.DataFrame], Found]


def rule_problems(frames: dict[str, pd.DataFrame], paths: dict[str, Path]) -> list[str]:
    """Return a line for each row that breaks a rule and has no exception from it.

    frames: tables by name. paths: of the files of those that are to be looked at.
    """
    problems = []
    for table, path in paths.items():
        frame = frames[table]
        answered, wrong = _exceptions(frame)
        problems += [f"{path}: {line}" for line in wrong]
        for rule in RULES:
            if not set(rule.needs) <= set(frame.columns):
                continue
            for row, column, expected in rule.find(frame):
                if rule.name not in answered.get(row, ()):
                    problems.append(
                        f"{path}: row {row + 2}{_called(frame, row)}, column {column}: "
                        f"'{_shown(frame.loc[row, column])}': expected {expected} "
                        f"(or an exception from {rule.name} with its reason)"
                    )
    return problems


def _exceptions(frame: pd.DataFrame) -> tuple[dict, list[str]]:
    """Return row -> names of the rules it is excepted from, and what is wrong with exceptions."""
    answered: dict = {}
    wrong = []
    if EXCEPTIONS not in frame:
        return answered, wrong
    names = [rule.name for rule in RULES]
    for row, cell in frame[EXCEPTIONS].dropna().items():
        for part in str(cell).split(" | "):
            name, _, reason = part.partition(":")
            if name in names and reason.strip():
                answered.setdefault(row, set()).add(name)
            else:
                hint = (
                    "a reason after the rule" if name in names else f"a rule{nearest(name, names)}"
                )
                wrong.append(f"row {row + 2}, column {EXCEPTIONS}: '{part}': expected {hint}")
    return answered, wrong


def _called(frame: pd.DataFrame, row) -> str:
    return f" ({frame.iloc[frame.index.get_loc(row), 0]})"


def _shown(value) -> str:
    if pd.isna(value):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- numbers of people ----------------------------------------------------------------------------


def _arms_share_n(frame: pd.DataFrame) -> Found:
    """Groups of one study that carry one n: as a rule that of the whole study."""
    kept = verified(frame) if "verification" in frame else frame
    kept = kept[kept["n"].notna() & kept["arm"].notna() & (kept["n"] > 1)]
    counts = [name for name in ("n_cases", "n_controls") if name in kept]
    own = kept[counts].eq(kept["n"], axis=0).any(axis=1) if counts else kept["n"] < 0
    kept = kept[~own.fillna(False).astype(bool)]
    what = next((name for name in ("quantity", "measure") if name in kept), "arm")
    for _, rows in kept.groupby([_study(kept), kept[what], kept["n"]], sort=False, observed=True):
        if len(set(rows["arm"])) > 1:
            for row in rows.index:
                yield row, "n", "the size of this arm, not one number for several arms"


def _stratum_has_whole_n(frame: pd.DataFrame) -> Found:
    """A part of a sample, by age or sex, that carries the n of all of it."""
    whole = frame[(frame["stratum"] == "overall") & frame["n"].notna()]
    sizes = whole.groupby(frame["sample_id"])["n"].agg(set)
    parts = frame[frame["stratum"].isin(["age", "sex", "age_sex"]) & frame["n"].notna()]
    for row, sample, n in zip(parts.index, parts["sample_id"], parts["n"], strict=True):
        if n in sizes.get(sample, ()):
            yield row, "n", "the size of this part, not that of the whole sample"


def _groups_add_up(frame: pd.DataFrame) -> Found:
    """Cases and controls, where both are given, make up the whole."""
    for row, n, cases, controls in frame[["n", "n_cases", "n_controls"]].dropna().itertuples():
        if cases + controls != n and n not in (cases, controls):
            yield row, "n", f"n_cases and n_controls to add up to it ({cases + controls:g})"


def _sexes_add_up(frame: pd.DataFrame) -> Found:
    """Women and men of one sample and definition make up the row of both."""
    kept = frame[frame["n"].notna()].astype({"sex": object})
    keys = ["study_key", "sample_id", "case_definition", "age_min", "age_max"]
    sizes: dict[tuple, dict] = {}
    for row, n, sex, *key in kept[["n", "sex", *keys]].itertuples():
        sizes.setdefault(tuple(map(str, key)), {}).setdefault(sex, []).append((row, n))
    for parts in sizes.values():
        if [len(parts.get(sex, ())) for sex in ("all", "female", "male")] == [1, 1, 1]:
            (row, n), women, men = parts["all"][0], parts["female"][0][1], parts["male"][0][1]
            if women + men != n:
                yield row, "n", f"women and men to add up to it ({women + men:g})"


_SUM = re.compile(
    r"(?<![\d./])(?<!/\()(\d+(?: ?\+ ?\d+)+)\)?,? ?(?:=|sum to|add up to) ?(\d+)(?![\d/]|[.,]\d)"
)


def _printed_sum(frame: pd.DataFrame) -> Found:
    """A sum that a note prints: it is added rightly, and where it is nearly n, it is n."""
    for row, note, n in zip(frame.index, frame["note"], frame["n"], strict=True):
        for parts, total in _SUM.findall("" if pd.isna(note) else note):
            added = sum(int(part) for part in re.findall(r"\d+", parts))
            if added != int(total):
                yield row, "note", f"{parts} to be {added}"
            elif pd.notna(n) and n != added and abs(n - added) < added / 10:
                yield row, "n", f"the sum of the groups in the note, {added}"


def _cases_fit_percent(frame: pd.DataFrame) -> Found:
    """Cases, people and a plain percentage fit within the rounding of the percentage."""
    kept = frame[frame["cases"].notna() & frame["n"].gt(0).fillna(False)]
    for row in kept.index:
        share = 100 * kept.loc[row, "cases"] / kept.loc[row, "n"]
        columns = ["crude_percent"] if "crude_percent" in kept else []
        if "estimate_type" not in kept or kept.loc[row, "estimate_type"] == "crude_or_unstated":
            columns.append("prevalence_percent")
        for column in columns:
            printed = kept.loc[row, column]
            if pd.notna(printed) and abs(printed - share) > _half_step(printed):
                yield row, column, f"{share:.3g}, which is 100 x cases / n"


def _half_step(value: float) -> float:
    """Return half a unit of the last decimal that a number shows."""
    return 0.5 * 10.0 ** -_decimals(value) * SLACK


def _decimals(value: float) -> int:
    return max(0, -Decimal(f"{value:.10g}").as_tuple().exponent)


# --- numbers and their intervals ------------------------------------------------------------------


def _ordered(low: str, middle: str, high: str) -> Callable[[pd.DataFrame], Found]:
    """Return what finds swapped ends of an interval, and values outside their own."""

    def find(frame: pd.DataFrame) -> Found:
        for row, least, value, most in frame[[low, middle, high]].itertuples():
            if pd.notna(least) and pd.notna(most) and least > most:
                yield row, low, f"at most {high}, {most:g}"
            elif pd.notna(value) and pd.notna(least) and value < least:
                yield row, middle, f"at least {low}, {least:g}"
            elif pd.notna(value) and pd.notna(most) and value > most:
                yield row, middle, f"at most {high}, {most:g}"

    return find


def _change_fits(frame: pd.DataFrame) -> Found:
    """A percent change fits the two values that it is of, within their rounding."""
    kept = frame[frame["value"].notna()]
    young = kept[kept["comparison_role"] == "young"]
    base = young.drop_duplicates("comparison_id", keep=False).set_index("comparison_id")["value"]
    for row in kept.index[kept["percent_change_vs_young"].notna()]:
        start, value = base.get(kept.loc[row, "comparison_id"]), kept.loc[row, "value"]
        if start is None or start == 0 or kept.loc[row, "comparison_role"] == "young":
            continue
        change, printed = 100 * (value - start) / start, kept.loc[row, "percent_change_vs_young"]
        room = 100 * (_half_step(value) / abs(start) + abs(value) * _half_step(start) / start**2)
        if abs(change - printed) > room + _half_step(printed):
            yield (
                row,
                "percent_change_vs_young",
                f"{change:.3g}, the change from {start:g} to {value:g}",
            )


def _half_width(frame: pd.DataFrame) -> pd.Series:
    """Return the spread of each row: its own column, or half of what lies between low and high."""
    half = (frame["high"] - frame["low"]) / 2 if {"low", "high"} <= set(frame) else None
    own = frame.get("spread", half)
    return own if half is None else own.where(own.notna(), half)


def _spread_possible(frame: pd.DataFrame) -> Found:
    """A standard deviation or error is above zero; that of a share of people has a limit."""
    column = "spread" if "spread" in frame else "low"
    spreads = _half_width(frame)
    kept = frame[frame["spread_type"].isin(["sd", "se"]) & spreads.notna()]
    shares = _are_shares(kept)
    for row in kept.index:
        spread, value = spreads[row], kept.loc[row, "value"]
        if spread <= 0:
            yield row, column, "a spread above zero"
        elif shares[row] and pd.notna(value) and 0 <= value <= 100:
            n = kept.loc[row, "n"] if "n" in kept and kept.loc[row, "spread_type"] == "se" else None
            most = sqrt(value * (100 - value)) / (
                1 if n is None or pd.isna(n) else sqrt(n - 1 or 1)
            )
            if spread > most * SLACK + 0.5:
                yield (
                    row,
                    column,
                    f"at most {most:.3g}, the largest that a share of {value:g} % has",
                )


def _are_shares(frame: pd.DataFrame) -> pd.Series:
    """Return which rows give a share of people, by the words of what they measure."""
    words = [frame[c].astype(str) for c in ("quantity", "measure") if c in frame]
    text = words[0] if words else pd.Series("", index=frame.index)
    percent = frame["unit"] == "percent" if "unit" in frame else text != text
    return percent & text.str.contains("prevalence|share of people|responders", case=False)


def _error_below_deviation(frame: pd.DataFrame) -> Found:
    """Within a study and quantity a standard error is no larger than a standard deviation."""
    kept = frame[frame["spread_type"].isin(["sd", "se"])].assign(half=_half_width(frame))
    what = next(name for name in ("quantity", "measure") if name in kept)
    for _, rows in kept.groupby([_study(kept), kept[what], kept["unit"]], observed=True):
        deviations = rows.loc[rows["spread_type"] == "sd", "half"]
        for row, half in rows.loc[rows["spread_type"] == "se", "half"].items():
            if len(deviations) and half > deviations.max():
                yield row, "spread_type", "a standard error no larger than the standard deviation"


# --- ages -----------------------------------------------------------------------------------------

AGE_WORDS = ("age_group", "population", "sampling", "case_definition", "condition", "note")
_OLDER = re.compile(r"\b(?:older than|above|over) (\d\d)(?: y(?:ears?)?\b| or |$|[;,.])")
_FROM = re.compile(r"\b(\d\d) (?:years |y )?(?:and|or) (?:over|older|above)\b|\baged? (\d\d)\+")
_SPAN = re.compile(r"\b(?:aged|ages|age) (\d\d)(?:-| to )(\d\d)\b")


def _ages_fit_words(frame: pd.DataFrame) -> Found:
    """Age limits agree with the words of the row: "older than 18" begins at 19."""
    columns = [name for name in AGE_WORDS if name in frame and name != "note"]
    notes = frame["note"] if "note" in frame else pd.Series("", index=frame.index)
    for row in frame.index[frame["age_min"].notna()]:
        least, most = frame.loc[row, "age_min"], frame.loc[row, "age_max"]
        text = " ; ".join(str(frame.loc[row, name]) for name in columns)
        own = notes[row] if isinstance(notes[row], str) else ""
        if (m := re.search(r"(?:^|; )older than (\d\d)(?:$|;)", own)) and least != int(m[1]) + 1:
            yield row, "age_min", f"{int(m[1]) + 1}, for the note says older than {m[1]}"
        elif (m := _SPAN.search(text)) and (least, most) != (int(m[1]), int(m[2])):
            yield row, "age_min", f"{m[1]} to {m[2]} as in the words of the row"
        elif (m := _FROM.search(text)) and least < int(m[1] or m[2]):
            yield row, "age_min", f"{m[1] or m[2]} as in the words of the row"
        elif (m := _OLDER.search(text)) and least < int(m[1]):
            yield row, "age_min", f"above {m[1]} as in the words of the row"


def _older_adults_fit(frame: pd.DataFrame) -> Found:
    """`older_adults` is true if, and only if, the lowest age is 60 or more."""
    for row, flag, age in frame[["older_adults", "age_min"]].itertuples():
        if pd.notna(flag) and bool(flag) != bool(pd.notna(age) and age >= 60):
            yield (
                row,
                "older_adults",
                f"{str(not flag).lower()}, by age_min {_shown(age) or 'blank'}",
            )


# --- works ----------------------------------------------------------------------------------------


def _plain(text) -> str:
    """Return a title without case, marks and accents, to compare it by."""
    if pd.isna(text):
        return ""
    bare = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def _one_to_one(first: str, second: str) -> Callable[[pd.DataFrame], Found]:
    """Return what finds rows whose `first` stands with two different `second`."""

    def find(frame: pd.DataFrame) -> Found:
        kept = frame[[first, second]].dropna()
        groups: dict[str, dict] = {}
        for row, key, other in zip(kept.index, kept[first], kept[second], strict=True):
            groups.setdefault(_plain(key), {}).setdefault(_plain(other), []).append(row)
        for others in groups.values():
            most = max(len(rows) for rows in others.values())
            usual = [name for name, rows in others.items() if len(rows) == most]
            for name, rows in others.items():
                if len(others) > 1 and not (len(usual) == 1 and name in usual):
                    for row in rows:
                        yield row, second, f"one {second} for {first} {kept[first][row]}"

    return find


def _year_fits_doi(frame: pd.DataFrame) -> Found:
    """A year that the DOI bears is that of print, or at most two years before it."""
    for row, doi, year in frame[["doi", "year"]].dropna().itertuples():
        own = re.search(r"(?<=[./(])((?:19|20)\d\d)(?=[./)])", str(doi))
        if own and not DOI_YEARS[0] <= year - int(own[1]) <= DOI_YEARS[1]:
            yield row, "year", f"about {own[1]}, which the DOI {doi} bears"


def _key_fits_author(frame: pd.DataFrame) -> Found:
    """A study key that is a name and a year bears the first author's name and the year of print."""
    for row, key, author, year in frame[["study_key", "first_author", "year"]].itertuples():
        parts = re.fullmatch(r"([a-z]+?)(\d{4})[a-z]?", str(key))
        if not parts:
            continue
        names = [*_plain(author).split(), _plain(author).replace(" ", "")]
        if pd.notna(author) and not any(name.startswith(parts[1]) for name in names):
            yield row, "first_author", f"the author that study_key {key} names"
        elif pd.notna(author) and pd.notna(year) and year != int(parts[2]):
            yield row, "year", f"the year that study_key {key} names"


_WITHOUT_TITLE = re.compile(r"([_-][0-9a-f]{12,})?(\.html?)?$")
"""What follows a title in an address: a number of the host's own, and an ending."""


def _title_fits_address(frame: pd.DataFrame) -> Found:
    """An address that spells out a title begins like the title and goes on like it."""
    for row, title, cell in frame[["title", "evidence_url"]].dropna().itertuples():
        words = _plain(title).replace(" ", "")
        for slug in unquote(urlparse(str(cell).split(" | ")[0]).path).split("/"):
            spelt = _plain(_WITHOUT_TITLE.sub("", slug)).replace(" ", "")
            alike = len(commonprefix([words, spelt]))
            if alike >= ALIKE and min(len(words), len(spelt)) - alike >= ALIKE:
                yield row, "title", f"the title that its address spells, {slug}"


def _study(frame: pd.DataFrame) -> pd.Series:
    return frame[next(n for n in ("study_key", "source_key") if n in frame)].fillna("")


STUDY = "study_key"
RULES = (
    Rule("arms_share_n", (STUDY, "arm", "n"), _arms_share_n),
    Rule("stratum_has_whole_n", ("stratum", "sample_id", "n"), _stratum_has_whole_n),
    Rule("groups_add_up", ("n", "n_cases", "n_controls"), _groups_add_up),
    Rule("sexes_add_up", (STUDY, "sample_id", "case_definition", "age_min", "age_max", "sex", "n"),
         _sexes_add_up),
    Rule("printed_sum", ("note", "n"), _printed_sum),
    Rule("cases_fit_percent", ("cases", "n", "prevalence_percent"), _cases_fit_percent),
    Rule("value_in_interval", ("low", "value", "high"), _ordered("low", "value", "high")),
    Rule("share_in_interval", ("ci_low", "prevalence_percent", "ci_high"),
         _ordered("ci_low", "prevalence_percent", "ci_high")),
    Rule("slope_in_interval", ("slope_low", "slope", "slope_high"),
         _ordered("slope_low", "slope", "slope_high")),
    Rule("change_fits", ("value", "percent_change_vs_young", "comparison_id", "comparison_role"),
         _change_fits),
    Rule("spread_possible", ("value", "spread_type", "n"), _spread_possible),
    Rule("error_below_deviation", (STUDY, "spread_type", "unit", "low", "high"),
         _error_below_deviation),
    Rule("ages_fit_words", ("age_min", "age_max"), _ages_fit_words),
    Rule("older_adults_fit", ("older_adults", "age_min"), _older_adults_fit),
    Rule("doi_has_one_title", ("doi", "title"), _one_to_one("doi", "title")),
    Rule("title_has_one_doi", ("title", "doi"), _one_to_one("title", "doi")),
    Rule("pmid_has_one_title", ("pmid", "title"), _one_to_one("pmid", "title")),
    Rule("title_has_one_pmid", ("title", "pmid"), _one_to_one("title", "pmid")),
    Rule("year_fits_doi", ("doi", "year"), _year_fits_doi),
    Rule("key_fits_author", (STUDY, "first_author", "year"), _key_fits_author),
    Rule("title_fits_address", ("title", "evidence_url"), _title_fits_address),
)  # fmt: skip
"""The rules, in the order in which they are applied."""
