"""Risk of bias: the items of a checklist by sample, as a map."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from claimbook.claims.verdict import Verdict
from claimbook.show.pictures import drawn

ANSWERS = {"no": Verdict.CONTRADICTED.colour, "unclear": "0.85", "yes": Verdict.HOLDS.colour}
MARKS = {"no": "–", "unclear": "", "yes": "+"}


def bias_table(answers: pd.DataFrame) -> pd.DataFrame:
    """Return one row per sample and one column per item, the samples with most noes first.

    answers: columns sample_id, item, answer.
    """
    wide = answers.astype({"answer": object}).pivot_table(
        index="sample_id", columns="item", values="answer", aggfunc="first"
    )
    order = pd.DataFrame({word: (wide == word).sum(axis=1) for word in ("no", "unclear")})
    order = order.sort_values(["no", "unclear"], ascending=False, kind="stable")
    return wide.loc[order.index]


@drawn
def bias_map(table: pd.DataFrame, items: list[str]):
    """Draw a table of `bias_table`; items: the columns in words."""
    fig, ax = plt.subplots(figsize=(8, 0.24 * len(table) + 1.8))
    sns.heatmap(
        table.replace({word: place for place, word in enumerate(ANSWERS)}).astype(int),
        annot=table.replace(MARKS),
        fmt="",
        annot_kws={"color": "white", "weight": "bold", "size": 8},
        cmap=ListedColormap(list(ANSWERS.values())),
        vmin=-0.5,
        vmax=2.5,
        cbar=False,
        linewidths=0.8,
        linecolor="white",
        ax=ax,
    )
    ax.set(xlabel=None, ylabel=None)
    ax.xaxis.tick_top()
    ax.set_xticklabels(items, rotation=35, ha="left", fontsize=9)
    ax.set_yticks([y + 0.5 for y in range(len(table))], table.index, fontsize=8, rotation=0)
    ax.tick_params(length=0)
    keys = [Patch(color=colour, label=word) for word, colour in reversed(ANSWERS.items())]
    ax.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.4, -0.01), ncol=3, frameon=False)
    parts = []
    for item, name in zip(table.columns, items, strict=True):
        counts = [f"{(table[item] == word).sum()} {word}" for word in reversed(ANSWERS)]
        parts.append(f"{name}: {', '.join(counts)}")
    words = f"Answers for {len(table)} samples, item by item. {'; '.join(parts)}."
    return fig, words, table.reset_index()
