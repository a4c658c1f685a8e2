"""What is left of something that decays on its way, when half-life and time are both uncertain."""

import pandas as pd

from claimbook.stats.uncertainty import Input, propagate
from rls_nitric_oxide.kinetics import LOG10_ONE_IN_A_MOLE, format_share, log10_share_left

NOTHING = " (effectively nothing)"


def share_left(half_life: Input, time: Input, draws: int, seed: int) -> pd.Series:
    """Return median, low and high (central 95 percent) of the logarithm of the share left.

    half_life, time: inputs of any time unit. The result is one row of `Propagation.summary`.
    """

    def model(**drawn):
        return log10_share_left(drawn[time.name], drawn[half_life.name])

    return propagate(model, [half_life, time], draws, seed).summary.iloc[0]


def share_words(result: pd.Series) -> str:
    """Return a share as ``20 % (1 % to 60 %)``; without a range where next to nothing is left."""
    low, middle, high = (format_share(result[end]) for end in ("low", "median", "high"))
    if low == high or result["high"] < LOG10_ONE_IN_A_MOLE:
        return middle
    return f"{middle.removesuffix(NOTHING)} ({low.removesuffix(NOTHING)} to {high})"
