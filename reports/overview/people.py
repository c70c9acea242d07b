"""What the overview says about people: who is active, who is new, who stays."""

from fractions import Fraction

from reports.creator.model import SMALLEST_GROUP
from reports.overview.charts import triangle_chart
from reports.overview.daily import Daily, daily
from reports.overview.facts import PlatformFacts
from reports.overview.figures import Line, lines_of
from reports.overview.series import newest, tagged, untagged
from reports.overview.subjects import SHARES, Chapter, Chart, Subject, bar_charts, line_charts
from reports.overview.tables import Column, Kind, Table, daily_table
from reports.overview.words import Number, count_of, number, per_cent
from reports.series_colours import AMBER, BLUE, GREEN, GREY, SKY, VERMILLION
from schema.metrics import ACTIVE_WINDOWS, LIFECYCLE_STATES

ACTIVE_NAMES = {
    "monthly_active_users": "monthly",
    "weekly_active_users": "weekly",
    "daily_active_users": "daily",
}
LIFECYCLE_COLOURS = {"new": SKY, "returning": BLUE, "resurrected": GREEN, "dormant": VERMILLION}
COHORT = (
    "Accounts created in the same week, Monday to Sunday, UTC; their share is of those with any "
    "activity in that later week. Weeks that have not ended, or that lack a published day, and "
    f"cohorts of fewer than {SMALLEST_GROUP} accounts are left out."
)
COHORT_COLUMNS = (
    Column("cohort", "week of creation, from", Kind.TEXT),
    Column("accounts", "accounts"),
    Column("weeks_later", "weeks later"),
    Column("active", "active"),
    Column("share", "share active", Kind.SHARE),
)


def people(facts: PlatformFacts) -> Chapter:
    """The chapter about people."""
    return Chapter(
        "people",
        "People",
        [
            _active(facts),
            _stickiness(facts),
            _new(facts),
            _follows(facts),
            _lifecycle(facts),
            _cohorts(facts),
        ],
    )


def _active(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged(*ACTIVE_WINDOWS))
    return Subject(
        "active_users",
        "Active users",
        numbers.finding("weekly_active_users", "Weekly active users"),
        line_charts(numbers, ACTIVE_NAMES, "Daily, weekly and monthly active users per day"),
        [daily_table("active_users", "Active users", numbers.shown, ACTIVE_NAMES)],
        list(ACTIVE_WINDOWS),
    )


def _stickiness(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("stickiness"))
    names = {"stickiness": "daily / monthly"}
    return Subject(
        "stickiness",
        "Stickiness",
        numbers.share_finding("stickiness", "Daily as a share of monthly active users"),
        line_charts(numbers, names, "Stickiness per day", SHARES),
        [daily_table("stickiness", "Stickiness", numbers.shown, names, share=True)],
        ["stickiness"],
    )


def _new(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("new_users"))
    names = {"new_users": "new users"}
    return Subject(
        "new_users",
        "New users",
        numbers.finding("new_users", "New users"),
        bar_charts(numbers, lines_of(names), "New users per day"),
        [daily_table("new_users", "New users", numbers.shown, names)],
        ["new_users"],
    )


def _follows(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("follows", "unfollows"))
    names = {"follows": "follows", "unfollows": "unfollows"}
    lines = lines_of(names, [GREEN, AMBER])
    return Subject(
        "follows",
        "Follows and unfollows",
        numbers.finding("follows", "Follows"),
        bar_charts(
            numbers, lines, "Follows and, below zero, unfollows per day", down=["unfollows"]
        ),
        [daily_table("follows", "Follows and unfollows", numbers.shown, names)],
        list(names),
    )


def _lifecycle(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, tagged(facts.metrics, "user_lifecycle", LIFECYCLE_STATES))
    names = {column: column for column in numbers.columns}
    lines = [Line(name, name, LIFECYCLE_COLOURS.get(name, GREY)) for name in reversed(names)]
    ordered = sorted(lines, key=lambda line: line.column != "returning")
    label = "Returning, resurrected, new and, below zero, dormant users per day"
    return Subject(
        "user_lifecycle",
        "Who came, who came back, who stayed away",
        _lifecycle_finding(numbers),
        bar_charts(numbers, ordered, label, down=["dormant"]),
        [daily_table("user_lifecycle", "Users by state", numbers.shown, names)],
        ["user_lifecycle"],
        is_wide=True,
    )


def _lifecycle_finding(numbers: Daily) -> str:
    found = newest(numbers.told, "returning")
    if found is None:
        return "Users by state: none in these days."
    day, returning = found
    row = numbers.shown.filter(numbers.shown["date"] == day).row(0, named=True)
    dormant = row["dormant"] or 0
    told = (
        f"On {numbers.facts.named(day)}, {number(row['resurrected'] or 0)} came back after a break"
    )
    if not returning + dormant:
        return f"{told}; nobody was active the day before."
    return (
        f"{told}, and {_share(returning, returning + dormant)} of those active the day before "
        f"were active again; {number(dormant)} were not."
    )


def _share(part: Number, whole: Number) -> str:
    return per_cent(Fraction(part) / Fraction(whole))


def _cohorts(facts: PlatformFacts) -> Subject:
    cohorts = facts.cohorts
    label = "Share of weekly cohorts active in later weeks, %"
    return Subject(
        "cohorts",
        "Retention by week of creation",
        _cohort_finding(facts),
        [] if cohorts.is_empty() else [Chart(triangle_chart(cohorts), label)],
        [Table("cohorts", "Weekly cohorts", cohorts, COHORT_COLUMNS)],
        terms=[("cohort", COHORT)],
        is_wide=True,
    )


def _cohort_finding(facts: PlatformFacts) -> str:
    small = count_of(facts.small_cohorts, "cohort")
    left_out = f" {small} of fewer than {SMALLEST_GROUP} accounts left out."
    after_one = facts.cohorts.filter(facts.cohorts["weeks_later"] == 1)
    if after_one.is_empty():
        told = "No cohort is large enough and has a whole week behind it."
    else:
        row = after_one.row(-1, named=True)
        told = (
            f"Of the {number(row['accounts'])} accounts created in the week of {row['cohort']}, "
            f"{per_cent(row['share'])} were active a week later"
        )
        told += _against_others(*after_one[:-1].select("active", "accounts").sum().row(0))
    return told + (left_out if facts.small_cohorts else "")


def _against_others(active: Number, accounts: Number) -> str:
    if not accounts:
        return "."
    return f"; of the cohorts before, {_share(active, accounts)}."
