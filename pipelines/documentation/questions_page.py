"""The page of questions and answers: each query with what a generated platform says to it."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reports.views.answers import written
from reports.views.form import Form
from reports.views.session import Session
from schema.windows import DayRange

# The platform that is asked. Tests ask the same one: another gives other answers.
USERS, SEED = 120, 7
DAYS = DayRange(date(2024, 2, 26), date(2024, 3, 2))
FIRST_DAY = date(2010, 1, 1)
QUESTIONS = Path("how-to/ten-questions.toml")
PAGE = Path("how-to/ten-questions.md")
INTRODUCTION = f"""\
# Ten questions, and their answers

Made by `make docs` from `docs/{QUESTIONS}`: change that, not this page.

Each answer is what the query says of a generated platform of {USERS} accounts on the days from
{DAYS.first} to {DAYS.last}. Put a query between quotes behind `sociallive sql`, or write it at the
prompt that `sociallive sql` opens; on your data, change the dates.
`sociallive sql --views` lists all views, `sociallive sql --describe VIEW` the columns of one; both
stand in the [reference](../reference/views.md) too.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in words and in SQL, and what one has to know to read the answer."""

    title: str
    why: str
    sql: str


def read_questions(folder: Path) -> list[Question]:
    """The questions of a documentation folder."""
    facts = tomllib.loads((folder / QUESTIONS).read_text(encoding="utf-8"))
    return [Question(**question) for question in facts["question"]]


def render_questions(session: Session, questions: list[Question]) -> str:
    """The page, with the answers of a session."""
    return "\n".join([INTRODUCTION, *(_section(session, question) for question in questions)])


def _section(session: Session, question: Question) -> str:
    sql = question.sql.strip()
    answer = b"".join(written(session, session.understand(sql), Form.MARKDOWN)).decode()
    return f"## {question.title}\n\n{question.why}\n\n```sql\n{sql}\n```\n\n{answer}"
