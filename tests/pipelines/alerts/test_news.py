from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.alerts.kinds import FROM_INSIDE, FROM_OUTSIDE, Kind, Severity
from pipelines.alerts.message import Event
from pipelines.alerts.news import take_note
from pipelines.alerts.notebook import Notes
from pipelines.alerts.problem import Findings
from tests.fixtures.alerts import DAY, HOUR, MINUTE, NOW, findings, problem

CHANNELS = ("mail", "webhook")


def after(
    notes: Notes, found: Findings, now: datetime, channels: tuple[str, ...] = CHANNELS
) -> tuple[Notes, list[tuple[Event, list[str]]]]:
    """Notes after a look, without the messages, and what those say."""
    noted = take_note(notes, found, channels, now)
    said = [(m.event, [told.problem.key for told in m.told]) for m in noted.messages]
    return Notes(noted.problems, (), noted.looked_at), said


def test_a_problem_is_told_once_while_it_lasts_and_again_when_it_is_over() -> None:
    notes, first = after(Notes(), findings(problem("a")), NOW)
    notes, second = after(notes, findings(problem("a")), NOW + HOUR)
    notes, third = after(notes, findings(), NOW + 2 * HOUR)
    notes, fourth = after(notes, findings(), NOW + 3 * HOUR)

    assert first == [(Event.ALERT, ["a"])]
    assert second == []
    assert third == [(Event.OVER, ["a"])]
    assert (notes.problems, fourth) == ({}, [])


def test_the_next_look_begins_where_this_one_was_whatever_was_found() -> None:
    notes, _ = after(Notes(), findings(problem("a")), NOW)
    later, _ = after(notes, findings(), NOW + HOUR)

    assert (notes.looked_at, later.looked_at) == (NOW, NOW + HOUR)


def test_what_comes_up_together_is_one_message_the_gravest_first() -> None:
    found = findings(
        problem("check 1", kind=Kind.FAILED_CHECK, severity=Severity.WARNING),
        problem("check 2", kind=Kind.FAILED_CHECK),
        problem("check 3", kind=Kind.FAILED_CHECK),
        problem("run"),
    )

    _notes, said = after(Notes(), found, NOW)

    assert said == [(Event.ALERT, ["run", "check 2", "check 3", "check 1"])]


def test_a_problem_that_lasts_is_reminded_of_once_a_day_together_with_others_told_long_ago() -> (
    None
):
    notes, _ = after(Notes(), findings(problem("a")), NOW)
    notes, _ = after(notes, findings(problem("a"), problem("b")), NOW + 2 * HOUR)
    notes, _ = after(notes, findings(problem("a"), problem("b"), problem("c")), NOW + 20 * HOUR)
    everything = findings(problem("a"), problem("b"), problem("c"))
    notes, before = after(notes, everything, NOW + 23 * HOUR)
    notes, due = after(notes, everything, NOW + DAY)
    notes, at_once = after(notes, everything, NOW + DAY + MINUTE)

    assert before == []
    assert due == [(Event.REMINDER, ["a", "b"])]
    assert at_once == []
    assert notes.problems["a"].times_told == 2
    assert notes.problems["a"].since == NOW


def test_a_warning_that_becomes_an_error_is_news() -> None:
    notes, _ = after(Notes(), findings(problem("a", severity=Severity.WARNING)), NOW)
    notes, said = after(notes, findings(problem("a")), NOW + MINUTE)
    notes, milder = after(
        notes, findings(problem("a", severity=Severity.WARNING)), NOW + 2 * MINUTE
    )
    _notes, again = after(notes, findings(problem("a")), NOW + 3 * MINUTE)

    assert said == [(Event.ALERT, ["a"])]
    assert (milder, again) == ([], []), "once it was told as an error"


def test_what_is_too_old_to_be_looked_for_is_not_called_over() -> None:
    notes, _ = after(Notes(), findings(problem("a"), problem("b")), NOW)
    forgotten = Findings((), FROM_INSIDE, forgotten=frozenset({"a", "never told"}))

    notes, said = after(notes, forgotten, NOW + HOUR)
    _notes, later = after(notes, forgotten, NOW + 2 * HOUR)

    assert said == [(Event.FORGOTTEN, ["a"]), (Event.OVER, ["b"])]
    assert later == []


def test_what_cannot_be_seen_from_here_or_not_yet_is_not_over() -> None:
    dead = problem("dead", kind=Kind.DAEMON_DEAD)
    seen_outside = Findings((dead, problem("a")), frozenset(Kind))
    notes, _ = after(Notes(), seen_outside, NOW)
    notes, inside = after(notes, findings(undecided=frozenset({"a"})), NOW + MINUTE)
    _notes, outside = after(notes, Findings((), FROM_OUTSIDE), NOW + 2 * MINUTE)

    assert inside == []
    assert outside == [(Event.OVER, ["dead"])]


def test_what_cannot_be_seen_from_here_is_not_reminded_of() -> None:
    dead = problem("dead", kind=Kind.DAEMON_DEAD)
    notes, _ = after(Notes(), Findings((dead,), frozenset(Kind)), NOW)
    notes, inside = after(notes, findings(), NOW + DAY)
    _notes, outside = after(notes, Findings((dead,), frozenset(Kind)), NOW + DAY + MINUTE)

    assert inside == []
    assert outside == [(Event.REMINDER, ["dead"])]


def test_a_gap_of_long_ago_is_told_once_and_never_again() -> None:
    gap = findings(problem("gap", kind=Kind.OLD_GAP, severity=Severity.WARNING))
    notes, _ = after(Notes(), gap, NOW)

    _notes, said = after(notes, gap, NOW + 10 * DAY)

    assert said == []


def test_without_channels_nobody_was_told_and_all_is_news_once_there_is_one() -> None:
    notes, quiet = after(Notes(), findings(problem("a"), problem("b")), NOW, channels=())
    notes, still_quiet = after(notes, findings(problem("a")), NOW + 2 * DAY, channels=())
    _notes, said = after(notes, findings(problem("a")), NOW + 3 * DAY)

    assert (quiet, still_quiet) == ([], [])
    assert said == [(Event.ALERT, ["a"])]


def test_nobody_hears_of_the_end_of_what_nobody_was_told() -> None:
    notes, _ = after(Notes(), findings(problem("a")), NOW, channels=())

    notes, said = after(notes, findings(), NOW + MINUTE)

    assert (notes.problems, said) == ({}, [])


def test_an_error_that_was_reminded_of_as_a_warning_is_no_news_as_an_error_again() -> None:
    mild = findings(problem("a", severity=Severity.WARNING))
    notes, _ = after(Notes(), findings(problem("a")), NOW)
    notes, reminded = after(notes, mild, NOW + DAY)
    _notes, said = after(notes, findings(problem("a")), NOW + DAY + MINUTE)

    assert reminded == [(Event.REMINDER, ["a"])]
    assert said == []


def test_messages_wait_for_the_channels_that_are_set_and_not_for_ever() -> None:
    notes = take_note(Notes(), findings(problem("a")), CHANNELS, NOW)
    fewer = take_note(notes, findings(problem("a")), ("mail",), NOW + MINUTE)
    later = take_note(fewer, findings(problem("a")), ("mail",), NOW + 15 * DAY)
    others = take_note(notes, findings(problem("a")), ("other",), NOW + MINUTE)

    assert [set(message.waiting) for message in notes.messages] == [{"mail", "webhook"}]
    assert [set(message.waiting) for message in fewer.messages] == [{"mail"}]
    assert others.messages == ()
    assert [message.event for message in later.messages] == [Event.REMINDER]


LOOKS = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=40).map(lambda hours: timedelta(hours=hours)),
        st.sets(st.sampled_from("abc")),
    ),
    max_size=30,
)


@given(LOOKS)
def test_whatever_comes_and_goes_each_spell_is_told_once_ended_once_and_reminded_daily(
    looks: list[tuple[timedelta, set[str]]],
) -> None:
    notes, now, lasting = Notes(), NOW, dict[str, datetime]()
    for pause, keys in looks:
        now += pause
        notes, said = after(notes, findings(*map(problem, sorted(keys))), now)
        told = {event: set(of) for event, of in said}
        assert len(told) == len(said), "one message of each sort"
        assert told.get(Event.ALERT, set()) == keys - set(lasting)
        assert told.get(Event.OVER, set()) == set(lasting) - keys
        reminded = told.get(Event.REMINDER, set())
        overdue = {key for key in keys & set(lasting) if now - lasting[key] >= DAY}
        assert overdue <= reminded <= keys & set(lasting)
        assert all(now - lasting[key] >= 12 * HOUR for key in reminded)
        fresh = (keys - set(lasting)) | reminded
        lasting = {key: now if key in fresh else lasting[key] for key in keys}
    assert set(notes.problems) == set(lasting)
