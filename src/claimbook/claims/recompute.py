"""The answers that follow from the figures, for many sets of figures at once.

The evidence does not change with the figures, so it is read once; each further set of figures
costs an array operation. What is computed here is what `comparison.compare`, `argument` and
`implications` compute for one book, by the same functions.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from claimbook.book.book import Book
from claimbook.book.figures import ENDINGS, range_ends
from claimbook.book.implications import implied
from claimbook.book.units import check_bounds
from claimbook.claims.argument import argument_graph, given_up, held_up, reached, routes, standing
from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.comparison import (
    allowed_interval,
    evidence_rows,
    meets,
    shares,
)
from claimbook.claims.verdict import FAVOURABLE, Verdict, by_count
from claimbook.errors import InputError, nearest

VERDICT, AGREEING, STANDS = "verdict", "agreeing", "stands"
HELD = "figures_holding"


class Recomputer:
    """Recompute the answers of one book with other figures.

    Raises InputError, when it is made, if evidence does not fit its figure's unit.
    """

    def __init__(self, book: Book):
        self.book = book
        self.figures = book.figures
        self._ends = range_ends(self.figures)
        self._walked: dict[tuple, list[bool]] = {}
        self._rows = {name: evidence_rows(book, name) for name in book.questions}
        self._parts = {
            name: [rows[rows["part"] == part] for part in ("direct", "indirect")]
            for name, rows in self._rows.items()
        }
        claims = [book.claim(asked["claim"]) for asked in book.questions.values()]
        asked = [(claim["claim"], str(claim["relation"])) for claim in claims]
        self._asked = dict(zip(book.questions, asked, strict=True))

    @property
    def printed(self) -> pd.Series:
        """The book's own figures: parameter -> value."""
        return self.figures["value"]

    def answers(self, figures: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return one row of answers for each row of figures, with the index of `figures`.

        figures: columns are parameters, values in their own units; a parameter that is left out
            keeps the book's figure. None: the book's own figures, one row.

        Columns, in the order of `outputs`: for each question its verdict
        (``<question>.verdict``) and the percent of studies that agree (``<question>.agreeing``);
        the number of figures that hold, wholly or in part (``figures_holding``); each implication
        in its unit; and for each conclusion of the argument whether it has a route that stands
        (``<claim>.stands``).

        Raises InputError for an unknown parameter or a value out of bounds, naming the row.
        """
        figures = pd.DataFrame(index=[0]) if figures is None else figures
        full = self._complete(figures)
        found: dict[str, np.ndarray] = {}
        for name in self._rows:
            found |= self._judged(name, full)
        held = [np.isin(found[f"{name}.{VERDICT}"], FAVOURABLE) for name in self._rows]
        found[HELD] = np.sum(held, axis=0)
        for name in self.book.implications:
            found[name] = self._implied(name, full)
        table = pd.DataFrame(found, index=figures.index)
        return pd.concat([table, self._standing(table)], axis=1)

    def judged(self, question: str, figures: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of `answers` that belong to one question."""
        return pd.DataFrame(self._judged(question, self._complete(figures)), index=figures.index)

    def rows(self, question: str) -> pd.DataFrame:
        """Return the rows that a question's figure is held against (`comparison.evidence_rows`)."""
        return self._rows[question]

    def implied(self, name: str, figures: pd.DataFrame) -> np.ndarray:
        """Return the value of one implication, in its unit, for each row of figures."""
        return self._implied(name, self._complete(figures))

    def _implied(self, name: str, full: pd.DataFrame) -> np.ndarray:
        numbers = {p: (full[p].to_numpy(), u) for p, u in self.figures["unit"].items()}
        value = implied(self.book.implications[name], self.book.tables, numbers)
        return np.broadcast_to(value, len(full))

    def _complete(self, figures: pd.DataFrame) -> pd.DataFrame:
        """Return a column for every parameter, each value checked."""
        for name in figures:
            if name not in self.figures.index:
                raise InputError(f"unknown parameter '{name}'{nearest(name, self.figures.index)}")
        full = pd.DataFrame(
            {
                name: figures[name].astype(float) if name in figures else printed
                for name, printed in self.printed.items()
            },
            index=figures.index,
        )
        for name in figures:
            self._check_bounds(full[name])
        for low, high in self._ends:
            if (swapped := full[low] > full[high]).any():
                row = full[swapped].iloc[0]
                raise InputError(
                    f"{_named(row.name, full)}{low} is {row[low]:g} and {high} is {row[high]:g}: "
                    "expected the minimum to be no greater than the maximum"
                )
        return full

    def _check_bounds(self, values: pd.Series) -> None:
        """Refuse a value that is missing or out of bounds; what lies between two others is not."""
        numbers = values.to_numpy()
        if not len(numbers):
            return
        for place in (np.argmin(numbers), np.argmax(numbers)):  # a missing number is both
            try:
                check_bounds(numbers[place], self.figures.loc[values.name, "unit"])
            except InputError as error:
                row = _named(values.index[place], values)
                raise InputError(f"{row}{values.name}: {error}") from None

    def _judged(self, name: str, full: pd.DataFrame) -> dict[str, np.ndarray]:
        claim, relation = self._asked[name]
        own = {c: full.get(f"{claim}{end}") for c, end in ENDINGS.items()}
        low, high = allowed_interval(relation, **own)
        direct, near = self._parts[name]
        share = shares(direct["sample"], meets(direct, low, high))
        found = by_count(share, meets(near, low, high).any(axis=-1))
        return {f"{name}.{VERDICT}": found, f"{name}.{AGREEING}": 100 * share}

    @cached_property
    def _fixed_verdicts(self) -> pd.Series:
        """Verdicts of all claims; those of figures are put in anew for each set of figures."""
        return evidence_matrix(self.book).set_index("claim")["verdict"].astype(object)

    @cached_property
    def conclusions(self) -> list[str]:
        """The conclusions of the text that its argument gives a route to."""
        if "argument" not in self.book.tables.frames:
            return []
        claims = self.book.claims
        found = claims.loc[claims["role"] == "conclusion", "claim"]
        return [c for c in found if c in self._graph and routes(self._graph, c)]

    def _standing(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Say which conclusions stand; the argument is walked once for each case of the figures."""
        columns = [f"{question}.{VERDICT}" for question in self.book.questions]
        cases = answers[columns].apply(lambda verdict: verdict.map(for_argument))
        stands = self.standing_cases(list(cases.itertuples(index=False, name=None)))
        names = [f"{claim}.{STANDS}" for claim in self.conclusions]
        return pd.DataFrame(stands, columns=names, index=answers.index, dtype=bool)

    def standing_cases(self, cases: list[tuple[str, ...]]) -> list[list[bool]]:
        """Return for each case which of `conclusions` have a route that stands.

        A case holds a value of `Verdict.for_argument` for each question, in their order.
        """
        for new in set(cases) - set(self._walked):
            self._walked[new] = self._walk(new)
        return [self._walked[case] for case in cases]

    def _walk(self, case: tuple[str, ...]) -> list[bool]:
        """Return for each conclusion whether it has a route with these verdicts of the figures."""
        if not self.conclusions:
            return []
        known = self._fixed_verdicts.copy()
        known[[asked["claim"] for asked in self.book.questions.values()]] = list(case)
        left = standing(self._graph, given_up(known), held_up(known))
        return [reached(self._graph, claim, left) for claim in self.conclusions]

    @cached_property
    def _graph(self):
        return argument_graph(self.book.table("argument"))

    @property
    def outputs(self) -> pd.DataFrame:
        """What is answered: one row per column of `answers`.

        Index: the column. Columns: kind (verdict, number, truth), asks, claim, unit.
        """
        rows = []
        for name, asked in self.book.questions.items():
            rows.append((f"{name}.{VERDICT}", "verdict", asked["asks"], asked["claim"], None))
            studies = f"Share of studies that agree with the figure: {asked['measured']}"
            rows.append((f"{name}.{AGREEING}", "number", studies, asked["claim"], "percent"))
        rows.append((HELD, "number", "How many figures hold, wholly or in part?", None, "count"))
        for name, one in self.book.implications.items():
            rows.append((name, "number", one["asks"], one["claim"], one["unit"]))
        for claim in self.conclusions:
            rows.append((f"{claim}.{STANDS}", "truth", "Does a route of it stand?", claim, None))
        columns = ["output", "kind", "asks", "claim", "unit"]
        return pd.DataFrame(rows, columns=columns).set_index("output")


def answers_of(books: Mapping[str, Book]) -> pd.DataFrame:
    """Return the answers of scenarios of one book, one row per name (see `Recomputer.answers`).

    Scenarios that change figures alone have the same evidence, which is then read only once.
    """
    alike: dict[frozenset, list[str]] = {}
    for name, book in books.items():
        alike.setdefault(frozenset(book.changed_files.items()), []).append(name)
    parts = []
    for names in alike.values():
        figures = pd.DataFrame({name: books[name].figures["value"] for name in names}).T
        parts.append(Recomputer(books[names[0]]).answers(figures))
    return pd.concat(parts).loc[list(books)]


def for_argument(verdict: str) -> str:
    """Return a verdict as far as the argument tells verdicts apart."""
    return Verdict(verdict).for_argument.value


def _named(row, among) -> str:
    return f"row {row}: " if len(among) > 1 else ""
