from datetime import date
from typing import Any

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.engagement_models import EngagementModels, Verdict
from schema.validation import validate

D, NEXT = date(2024, 2, 26), date(2024, 2, 27)
CHOSEN = {"date": D, "model_id": "prior", "decided_on": D, "verdict": "kept", "model": "{}"}
CARRIED = CHOSEN | {"date": NEXT, "verdict": "carried", "model": None}


def models(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=polars_schema(EngagementModels))


def refused(*rows: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        validate(models(*rows), EngagementModels, partition="engagement_models of 2024-02-26")


def test_a_chosen_model_and_one_that_is_carried_pass() -> None:
    frame = models(CHOSEN, CARRIED)

    assert validate(frame, EngagementModels, partition="engagement_models").equals(frame)


@pytest.mark.parametrize("verdict", [verdict.value for verdict in Verdict])
def test_every_verdict_passes(verdict: str) -> None:
    frame = models(CHOSEN | {"verdict": verdict})

    assert validate(frame, EngagementModels, partition="engagement_models").equals(frame)


def test_no_models_pass() -> None:
    assert validate(models(), EngagementModels, partition="engagement_models").is_empty()


def test_a_day_with_two_models_is_refused() -> None:
    refused(CHOSEN, CHOSEN, rule="a day has one model")


@pytest.mark.parametrize(
    "row",
    [CHOSEN | {"model": None}, CARRIED | {"model": "{}"}],
    ids=["a choice without its model", "a carried model told again"],
)
def test_a_model_is_told_on_the_day_it_was_chosen_and_on_no_other(row: dict[str, Any]) -> None:
    refused(row, rule="a day on which a model was chosen holds it")


@pytest.mark.parametrize(
    ("fact", "rule"),
    [
        ({"verdict": "guessed"}, "verdict: isin"),
        ({"examples": -1}, "examples"),
        ({"positives": -1}, "positives"),
        ({"model_id": None}, "model_id"),
    ],
)
def test_a_broken_row_is_refused(fact: dict[str, Any], rule: str) -> None:
    refused(CHOSEN | fact, rule=rule)
