"""The scale of verdicts, how each is shown and worded, and the rules by which one is reached.

There are three rules. A figure that studies measured is judged by counting the studies that agree;
a figure beside a pooled estimate by the intervals of that estimate; any other claim by what its
cited works and the wider evidence say. Each rule is a table that a reader can be shown, and a
function that applies it.
"""

from enum import StrEnum

import numpy as np
import pandas as pd

from claimbook.errors import InputError, nearest

HOLDS_SHARE = 2 / 3
"""At least this share of the studies must agree for a figure to hold: a clear majority."""
ROUNDING = 1e-9
"""What adding up votes may lose; far below the vote of any one study."""
NARROW = 4.0
"""A confidence interval is narrow if its upper end is at most this many times its lower end: the
truth then lies within half and double of the middle."""


class Verdict(StrEnum):
    """What becomes of a claim, from best to worst, and last what could not be tested.

    mark: a shape beside the colour, so that a verdict reads in grey and by ear as well.
    colour: of seaborn's colour-blind palette, whose import would take a second.
    of_one, of_several, conditional: the verdict in a sentence.
    """

    mark: str
    colour: str
    of_one: str
    of_several: str
    conditional: str

    HOLDS = "holds", "●", "#029e73", "holds", "hold", "it would hold"
    IN_PART = (
        *("holds in part", "◐", "#0173b2"),
        *("holds in part", "hold in part", "it would hold in part"),
    )
    NOT_SUPPORTED = (
        *("not supported", "○", "#de8f05"),
        *("is not supported", "are not supported", "it would not be supported"),
    )
    CONTRADICTED = (
        *("contradicted", "✕", "#d55e00"),
        *("is contradicted", "are contradicted", "it would be contradicted"),
    )
    NOT_TESTABLE = (
        *("not testable", "–", "#949494"),
        *("could not be tested", "could not be tested", "it could not be tested"),
    )

    def __new__(cls, word, mark, colour, of_one, of_several, conditional):
        self = str.__new__(cls, word)
        self._value_ = word
        self.mark, self.colour = mark, colour
        self.of_one, self.of_several, self.conditional = of_one, of_several, conditional
        return self

    @classmethod
    def _missing_(cls, value):
        raise InputError(f"no verdict '{value}'{nearest(value, cls)}")

    @property
    def text(self) -> str:
        """The verdict with its mark, such as ``◐ holds in part``."""
        return f"{self.mark} {self.value}"

    @property
    def rank(self) -> int:
        """The place on the scale, 0 for the best."""
        return list(Verdict).index(self)

    @property
    def rating(self) -> int | None:
        """The verdict as a number, 1 for contradicted to 4 for holds; None for not testable."""
        return None if self is Verdict.NOT_TESTABLE else Verdict.NOT_TESTABLE.rank - self.rank

    @property
    def favourable(self) -> bool:
        """Whether the claim holds, wholly or in part."""
        return self in (Verdict.HOLDS, Verdict.IN_PART)

    @property
    def unfavourable(self) -> bool:
        """Whether the claim is not supported or contradicted."""
        return self in (Verdict.NOT_SUPPORTED, Verdict.CONTRADICTED)

    @property
    def for_argument(self) -> "Verdict":
        """The verdict as far as the argument tells verdicts apart: yes, no or open."""
        if self.favourable:
            return Verdict.HOLDS
        return Verdict.CONTRADICTED if self.unfavourable else self


VERDICTS = [verdict.value for verdict in Verdict]
"""The scale as plain words, for tables and files."""
FAVOURABLE = [verdict.value for verdict in Verdict if verdict.favourable]
UNFAVOURABLE = [verdict.value for verdict in Verdict if verdict.unfavourable]
RATINGS = {verdict.value: verdict.rating for verdict in Verdict if verdict.rating is not None}


def _rules(rules: dict[Verdict, str]) -> pd.DataFrame:
    index = pd.Index([verdict.value for verdict in rules], name="verdict")
    return pd.DataFrame({"rule": list(rules.values())}, index=index)


COUNT_RULES = _rules(
    {
        Verdict.HOLDS: "at least two thirds of the samples that measured it agree",
        Verdict.IN_PART: "some samples that measured it agree, but less than two thirds",
        Verdict.NOT_SUPPORTED: "no sample that measured it agrees, but one of something near does",
        Verdict.CONTRADICTED: "no sample agrees, whether it measured it or something near",
        Verdict.NOT_TESTABLE: "no verified sample measured it",
    }
)
INTERVAL_RULES = _rules(
    {
        Verdict.HOLDS: "the figure lies in the 95 % confidence interval, "
        "and the upper end of that interval is at most four times its lower end",
        Verdict.IN_PART: "the figure lies in a confidence interval that is wider than that, "
        "or only in the 95 % prediction interval",
        Verdict.CONTRADICTED: "the figure lies outside both intervals",
        Verdict.NOT_TESTABLE: "fewer than two studies, so there is no pooled estimate",
    }
)
SOURCE_RULES = pd.DataFrame(
    [
        ["holds", "holds in part", "holds in part", "holds"],
        ["holds in part", "holds in part", "not supported", "holds in part"],
        ["holds in part", "holds in part", "contradicted", "not supported"],
        ["holds in part", "not supported", "contradicted", "contradicted"],
        ["holds", "holds in part", "contradicted", "not testable"],
    ],
    index=pd.Index(
        ["supports", "partly_supports", "does_not_support", "contradicts", "silent"],
        name="cited works",
    ),
    columns=pd.Index(["for", "mixed", "against", "none"], name="wider evidence"),
)
"""Verdict by what the cited works say (rows) and what the wider evidence says (columns)."""
ONE_STEP_DOWN = {
    Verdict.HOLDS: Verdict.IN_PART,
    Verdict.IN_PART: Verdict.NOT_SUPPORTED,
}
"""What becomes of a verdict when arithmetic on the evidence speaks against the claim: evidence
that leaves a claim standing cannot hold in full what the numbers do not allow."""


def by_count(share, near) -> np.ndarray:
    """Return the verdict of `COUNT_RULES`; both may be arrays of one shape.

    share: of the studies that agree, 0 to 1; NaN where no study measured it.
    near: whether a row that measured something near agrees.
    """
    share, near = np.asarray(share, dtype=float), np.asarray(near, dtype=bool)
    cases = [np.isnan(share), share >= HOLDS_SHARE - ROUNDING, share > ROUNDING, near]
    found = [Verdict.NOT_TESTABLE, Verdict.HOLDS, Verdict.IN_PART, Verdict.NOT_SUPPORTED]
    return np.select(cases, [v.value for v in found], Verdict.CONTRADICTED.value).astype(object)


def by_interval(
    low: float, high: float, ci: tuple[float, float], pi: tuple[float | None, float | None]
) -> Verdict:
    """Return the verdict of `INTERVAL_RULES` on a figure that runs from `low` to `high`.

    ci, pi: confidence and prediction interval; a missing prediction interval is (None, None). A
    figure that is one number has the same two ends. It lies in an interval if it meets it. An
    interval that reaches zero is never narrow.
    """
    if low <= ci[1] and high >= ci[0]:
        return Verdict.HOLDS if is_narrow(ci) else Verdict.IN_PART
    if None not in pi and low <= pi[1] and high >= pi[0]:
        return Verdict.IN_PART
    return Verdict.CONTRADICTED


def is_narrow(ci: tuple[float, float]) -> bool:
    """Return whether a confidence interval is narrow enough to confirm a figure."""
    return ci[0] > 0 and ci[1] <= NARROW * ci[0]


def by_sources(source: str, wider: str, arithmetic: str = "none") -> Verdict:
    """Return the verdict of `SOURCE_RULES`, a step lower where arithmetic speaks against it.

    source: a row of the table. wider, arithmetic: a column of it.
    """
    found = Verdict(SOURCE_RULES.loc[source, wider])
    return ONE_STEP_DOWN.get(found, found) if arithmetic == "against" else found
