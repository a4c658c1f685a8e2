"""The time of day: agreement, the cosine fit, and what is left out."""

import pytest
from notebook_cells import run_cells

from rls_nitric_oxide.clock import classify_timing

NAME = "60-time-of-day"


@pytest.fixture(scope="module")
def ran(book):
    return run_cells(NAME, book)


def test_agreement_counts_rows_that_a_reader_judged(ran):
    agreement = ran.answers["time_of_day_agreement"]
    assert (agreement["k"], agreement["n"]) == (4, 33)
    assert sorted(agreement["rows"]) == [
        "antosova2009_c01", "mattes2002_c01", "mattes2002_c02", "shaw2001_c02",
    ]  # fmt: skip
    assert agreement["verdict"] == "holds in part"
    assert ran.answers["symptoms_at_night"]["verdict"] == "holds"


def test_cosine_fits_only_where_a_source_gives_four_times(ran):
    fits = ran.names["fits"]
    fitted = {name: fit for name, fit in fits.items() if fit.identifiable}
    assert sorted(fitted) == ["etsuda1999_c01", "ringqvist2000_c01"]
    # values 3.1, 4.4, 5.1, 3.9 at 14, 20, 2 and 8 h: M = 4.125, cosine and sine by hand
    assert fitted["ringqvist2000_c01"].mesor == pytest.approx(4.125)
    assert fitted["ringqvist2000_c01"].p_value == pytest.approx(0.0338, abs=5e-4)
    assert fitted["etsuda1999_c01"].p_value == pytest.approx(0.37, abs=5e-3)


def test_the_unverified_series_is_shown_and_never_fitted(ran, book):
    assert "dressel_nasal_c01" in set(book.table("series")["circadian_row"])
    assert "dressel_nasal_c01" not in ran.names["fits"]
    assert "dressel_nasal_c01" not in set(ran.names["nitric"]["row_id"])


def test_every_series_is_quoted_in_the_note_of_its_row(book):
    notes, readings = book.table("circadian").set_index("row_id"), book.table("readings")
    agreed = readings[(readings["table"] == "series") & (readings["outcome"] == "agrees")]
    for row in book.table("series").itertuples():
        parent = notes.loc[row.circadian_row]
        quoted = f"{parent['note']} {parent['peak_text']}"
        assert f"{row.value:g}" in quoted or f"{row.value:.1f}" in quoted, row.row_id
        assert row.verification == parent["verification"], row.row_id
        assert row.evidence_url == parent["evidence_url"] or row.verification == "unverified"
        if row.spread == row.spread and row.row_id not in set(agreed["row"]):  # else read at source
            assert f"{row.spread:g}" in quoted or f"{row.spread:.2f}" in quoted, row.row_id


def test_a_wider_morning_never_lowers_the_number_of_agreeing_peaks(ran):
    nitric, turned = ran.names["nitric"], ran.names["turned"]
    counts = [
        classify_timing(nitric, (start, "12:00"), inverse=turned)["peak_agrees"].sum()
        for start in ("09:00", "06:00", "03:00")
    ]
    assert counts == sorted(counts)


def test_an_inhibitor_that_peaks_in_the_morning_speaks_against_a_morning_peak(ran):
    nitric = ran.names["nitric"].set_index("row_id")
    assert nitric.loc["adma_mi2011_c01", "computed"] == "no"
    assert nitric.loc["panza1991_c01", "computed"] == "no"


def test_no_study_measured_both(ran):
    assert ran.answers["time_of_day_together"]["k"] == 0
