"""What a person is told about the judged days of a table, in one sentence and in Markdown."""

import polars as pl

from assets.quality.volume import UNUSUAL, Verdict
from schema.markdown import markdown_table

# More rows than anybody reads; the number of all is told as well.
ROWS_SHOWN = 50
# Unusual amounts that the sentence names: an alert shows nothing else.
NAMED = 3
HEADINGS = ("day", "series", "amount", "usual", "verdict")
NOTHING = "nothing"
ADVICE = {
    Verdict.UNUSUALLY_FEW: "Unusually few: see whether the platform was down or its rows come "
    "late, then run the day again: `sociallive run --date D`.",
    Verdict.UNUSUALLY_MANY: "Unusually many: look for a bulk load, for spam, or for rows with "
    "wrong timestamps.",
}
AS_IT_WAS = "Where the day really was like that, nothing is to be done."


def unusual_days(judged: pl.DataFrame) -> pl.DataFrame:
    """Rows of the judged days that are unlike their past, newest first."""
    unusual = judged.filter(pl.col("verdict").is_in([verdict.value for verdict in UNUSUAL]))
    return unusual.sort("date", "series", descending=[True, False])


def summarize(judged: pl.DataFrame) -> str:
    """One sentence: how many were judged, how many and which of them are unusual."""
    unusual = unusual_days(judged)
    new = judged.filter(pl.col("verdict") == Verdict.TOO_LITTLE_HISTORY.value).height
    named = [
        f"{row['date']} {row['series']} {row['amount']:,}, "
        f"usually {row['usual_from']:,} to {row['usual_to']:,}"
        for row in unusual.head(NAMED).iter_rows(named=True)
    ]
    more = [f"{unusual.height - NAMED} others"] if unusual.height > NAMED else []
    which = f" ({'; '.join([*named, *more])})" if named else ""
    young = f"; {new} more have too little history to be judged" if new else ""
    return f"{unusual.height} of {judged.height - new} amounts are unusual{which}{young}"


def as_markdown(judged: pl.DataFrame) -> str:
    """A table of the unusual days with the band that they left."""
    rows = [
        (
            str(row["date"]),
            row["series"],
            f"{row['amount']:,}",
            f"{row['usual_from']:,} to {row['usual_to']:,}",
            row["verdict"],
        )
        for row in unusual_days(judged).head(ROWS_SHOWN).iter_rows(named=True)
    ]
    return markdown_table(HEADINGS, rows)


def what_next(judged: pl.DataFrame) -> str:
    """What a person does about the verdicts that occur."""
    verdicts = set(unusual_days(judged)["verdict"])
    steps = [advice for verdict, advice in ADVICE.items() if verdict.value in verdicts]
    return " ".join([*steps, AS_IT_WAS]) if steps else NOTHING
