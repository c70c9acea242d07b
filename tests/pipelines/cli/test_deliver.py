from tests.fixtures.command import Command
from tests.fixtures.installation import Installation

MAILS = """
INSERT INTO pipeline.report_deliveries (
    user_id, period, last_day, state, waits_for, next_attempt_at, queued_at, finished_at, last_error
)
SELECT id, 'week', '2024-03-02', state, waits_for, next_attempt_at, now(), finished_at, error
FROM users INNER JOIN (VALUES
    ('ann', 'queued', 'final', now() + interval '1 day', NULL, NULL),
    ('bob', 'failed', NULL, NULL, now(), '550 nobody')
) AS mails (username, state, waits_for, next_attempt_at, finished_at, error) USING (username)
"""


def test_an_outbox_that_was_never_used_is_said_to_be_empty(
    command_here: Command, installation: Installation
) -> None:
    code, said = command_here("deliver")

    assert code == 0
    assert "nothing was ever queued" in said
    assert f"No mail server is set: mail lies in {installation.settings.outbox}" in said


def test_mails_are_counted_per_state(command_here: Command, installation: Installation) -> None:
    installation.execute(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT name, name || '@example.org', 'hash' FROM unnest(ARRAY['ann', 'bob']) AS name"
    )
    installation.execute(MAILS)

    code, said = command_here("deliver")

    assert code == 0
    assert "queued, waits for final numbers" in said
    assert "failed" in said
