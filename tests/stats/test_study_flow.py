"""No row is ever lost between the table and the pool."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.errors import InputError
from claimbook.stats.study_flow import REASON_NOT_STATED, flow_table

rows = st.lists(
    st.one_of(
        st.tuples(st.just(True), st.sampled_from([None, "", " "])),
        st.tuples(st.just(False), st.sampled_from(["no_n", "clinic", "twice", None, ""])),
    ),
    max_size=40,
)


def frame(pairs):
    return pd.DataFrame(
        {
            "row_id": [f"r{i}" for i in range(len(pairs))],
            "poolable": pd.Series([p for p, _ in pairs], dtype=object),
            "exclusion_reason": pd.Series([r for _, r in pairs], dtype=object),
        }
    )


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows)
def test_the_counts_add_up_and_every_row_is_named_once(pairs):
    flow = flow_table(frame(pairs))
    table = flow.table
    steps = table[table["step"] == "excluded"]
    included = table.iloc[-1]
    assert table.iloc[0]["rows"] == len(pairs)
    assert steps["rows"].sum() + included["rows"] == len(pairs)
    assert table.iloc[-2]["remaining"] == included["rows"] == sum(p for p, _ in pairs)
    listed = [i for ids in steps["ids"] for i in ids] + list(included["ids"])
    assert sorted(listed) == sorted(f"r{i}" for i in range(len(pairs)))
    assert all(len(ids) == n for ids, n in zip(table["ids"], table["rows"], strict=True))
    assert len(flow.excluded) == steps["rows"].sum()
    assert (flow.excluded["reason"] != "").all()


def test_reasons_come_largest_first_and_a_missing_one_is_said():
    flow = flow_table(
        frame([(True, None), (False, "b"), (False, "a"), (False, "a"), (False, None)])
    )
    assert flow.table["reason"].tolist() == ["", "a", "b", REASON_NOT_STATED, ""]
    assert flow.to_frame()["remaining"].tolist() == [5, 3, 2, 1, 1]
    assert repr(flow) == "5 rows, 4 excluded, 1 included"


def test_words_count_as_truth_values():
    assert flow_table(frame([("true", None), ("False", "x")])).table["rows"].tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("maybe", None)], "row 'r0', column 'poolable': found 'maybe'"),
        ([(None, None)], "found nothing, expected true or false"),
        ([(True, "clinic")], "row 'r0', column 'exclusion_reason': found 'clinic'"),
    ],
)
def test_contradictions_are_refused(pairs, message):
    with pytest.raises(InputError, match=message):
        flow_table(frame(pairs))


def test_missing_columns_and_repeated_names_are_refused():
    with pytest.raises(InputError, match="lacks the column"):
        flow_table(frame([(True, None)]).drop(columns="poolable"))
    with pytest.raises(InputError, match="no other row"):
        flow_table(frame([(True, None), (True, None)]).assign(row_id="a"))
