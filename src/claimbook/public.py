"""The public face: what one uses for studies of one's own, with results that can show themselves.

Every name here is offered by ``import claimbook as cb``. Each result has ``to_frame()`` and
``picture()``, and shows itself in one line.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

import pandas as pd

from claimbook.book.book import Book
from claimbook.claims import comparison
from claimbook.claims.comparison import Comparison
from claimbook.show import forest_plot, result_plots
from claimbook.show.evidence_plot import evidence_plot
from claimbook.show.pictures import Picture
from claimbook.stats import cosinor as rhythm
from claimbook.stats import meta_regression as regression
from claimbook.stats import pooling, simulation
from claimbook.stats import proportions as shares
from claimbook.stats.cosinor import Cosinor
from claimbook.stats.meta_regression import MetaRegression
from claimbook.stats.pooling import PooledEstimate
from claimbook.stats.proportions import require_columns
from claimbook.stats.simulation import Input, Simulation


class Compared(Comparison):
    """A figure of a text beside the rows that measured the same thing."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per row of evidence (see `Comparison.rows`)."""
        return self.rows.copy()

    def picture(self) -> Picture:
        """Draw every row over what the text allows."""
        return evidence_plot(self, self.record["unit"])

    def __repr__(self) -> str:
        return f"{self.record['figure']}: {self.record['verdict']}. {self.record['reason']}"


class Pooled(PooledEstimate):
    """A pooled proportion."""

    def picture(self, **options: Any) -> Picture:
        """Draw the studies with the pool below; options as for `forest`."""
        return forest(self, **options)


class Regressed(MetaRegression):
    """A meta-regression of proportions on features of the studies."""

    def picture(self) -> Picture:
        """Draw the odds ratios with their intervals; the line means no difference."""
        rows = self.coefficients.rename(columns={"or_low": "low", "or_high": "high"})
        rows = rows[rows["term"] != "intercept"].assign(estimate=rows["odds_ratio"])
        return forest(rows, ["term"], line=1, line_label="no difference", unit=None)


class Rhythm(Cosinor):
    """A cosine of 24 hours fitted to values by the hour."""

    def picture(self) -> Picture:
        """Draw the cosine over a day, with its peak."""
        return result_plots.cosine(self)


class Simulated(Simulation):
    """The draws of a model's results."""

    def picture(self) -> Picture:
        """Draw how the draws of each result are spread, with the central interval."""
        return result_plots.distribution(self)


def compare(book: Book, question: str) -> Compared:
    """Compare a figure of the text with its cited work and with the evidence.

    >>> import claimbook as cb
    >>> book = cb.load()
    >>> compared = [cb.compare(book, question) for question in book.questions]
    >>> all(one.record["verdict"] for one in compared)
    True
    """
    return _as(Compared, comparison.compare(book, question))


def proportions(frame: pd.DataFrame, id: str = "row_id", **columns: str) -> pd.DataFrame:
    """Return checked proportions with log odds `yi` and variance `vi`, one row per sample.

    id, columns: names of the columns, as `pool` takes them.

    >>> import pandas as pd, claimbook as cb
    >>> rows = pd.DataFrame({"study": ["A", "B"], "cases": [12, 30], "n": [200, 310]})
    >>> cb.proportions(rows, id="study")["prevalence"].round(2).tolist()
    [6.0, 9.68]
    """
    return shares.prepare_proportions(frame, id=id, **columns)


def pool(frame: pd.DataFrame, id: str = "row_id", **options: Any) -> Pooled:
    """Pool proportions over studies: estimate, confidence and prediction interval, spread.

    frame: one row per sample, with people `n` and `cases` or `prevalence_percent`.
    id: column that names a study. options: `method` (reml, glmm, dl, common), `interval`,
    `cases`, `n`, `prevalence`, `sample`, `prefer`. Percent.
    Raises InputError for a missing column or a number that cannot be.

    >>> import pandas as pd, claimbook as cb
    >>> rows = pd.DataFrame({"study": list("ABC"), "cases": [12, 30, 9], "n": [200, 310, 150]})
    >>> round(cb.pool(rows, id="study").estimate, 1)
    7.5
    """
    return _as(Pooled, pooling.pool(frame, id=id, **options))


def meta_regression(
    frame: pd.DataFrame, moderators: str | Iterable[str], id: str = "row_id", **options: Any
) -> Regressed:
    """Regress the log odds of proportions on features of their studies (REML, Knapp-Hartung).

    moderators: columns of `frame`. options: `reference`, `centre`, `categorical`, and the columns
    that `pool` takes.

    >>> import pandas as pd, claimbook as cb
    >>> rows = pd.DataFrame({"study": list("ABCD"), "cases": [12, 30, 9, 40],
    ...     "n": [200, 310, 150, 300], "year": [2001, 2005, 2009, 2013]})
    >>> cb.meta_regression(rows, "year", id="study").k
    4
    """
    return _as(Regressed, regression.meta_regression(frame, moderators, id=id, **options))


def forest(
    rows: PooledEstimate | pd.DataFrame, columns: Iterable[str] = (), **options: Any
) -> Picture:
    """Draw a forest plot of a pool, or of rows with columns estimate, low and high.

    columns: of `rows`, printed on the left. options: `line`, `line_label`, `unit`, `axis_label`,
    `log`, `summaries` (name -> pool). Raises InputError for a missing column.

    >>> import pandas as pd, claimbook as cb
    >>> rows = pd.DataFrame({"study": ["A", "B"], "cases": [12, 30], "n": [200, 310]})
    >>> list(cb.forest(cb.pool(rows, id="study")).data["kind"])
    ['row', 'row', 'pooled']
    """
    if isinstance(rows, PooledEstimate):
        options = {"summaries": {"pooled": rows}} | options
        named = {"id": "study", "prevalence": "estimate", "ci_low": "low", "ci_high": "high"}
        rows = rows.studies.rename(columns=named | {"weight_percent": "weight"})
        columns = list(columns) or ["study", "n"]
    columns = list(columns)
    require_columns(rows, ["estimate", "low", "high", *columns])
    return forest_plot.forest(rows.reset_index(drop=True), columns, **options)


def cosinor(hours: Any, values: Any) -> Rhythm:
    """Fit a cosine of 24 hours to values by the hour of the day.

    >>> import numpy as np, claimbook as cb
    >>> hours = np.arange(0, 24, 3)
    >>> fit = cb.cosinor(hours, 10 + 2 * np.cos(2 * np.pi * (hours - 8) / 24))
    >>> round(fit.peak_hour, 6), round(fit.amplitude, 6)
    (8.0, 2.0)
    """
    return _as(Rhythm, rhythm.fit_cosinor(hours, values))


def simulate(
    model: Callable[..., Any],
    inputs: Mapping[str, Input] | Iterable[Input],
    draws: int = 100_000,
    seed: int = 0,
) -> Simulated:
    """Draw uncertain inputs through a model with units; the same seed gives the same draws.

    inputs: made by `from_counts`, `from_interval`, `from_row` or `fixed` of
    `claimbook.stats.inputs`.

    >>> import claimbook as cb
    >>> from claimbook.stats.inputs import fixed
    >>> speed = lambda way, time: (way / time).to("m/s")
    >>> cb.simulate(speed, [fixed("way", 1.2, "m"), fixed("time", 4, "s")], draws=10).median
    0.3
    """
    return _as(Simulated, simulation.simulate(model, inputs, draws, seed))


def _as(kind: type, result: Any) -> Any:
    """Return a result as the kind of it that can show itself."""
    return kind(**{f.name: getattr(result, f.name) for f in fields(result) if f.init})
