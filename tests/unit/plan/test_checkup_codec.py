from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.checkup_examples import EXAMPLES, HEALTHY, SICK
from support.schemas import check

from envsync.plan.checkup import Checkup, Status, Topic
from envsync.plan.checkup_codec import encode_checkup
from envsync.plan.codec import dumps


def said(checkup: Checkup) -> Any:
    return check("checkup", dumps(encode_checkup(checkup)))


def test_it_says_whether_it_works_and_counts() -> None:
    found = said(SICK)

    assert found["works"] is False
    assert found["summary"] == {"pass": 4, "warn": 2, "fail": 1, "note": 1}
    assert said(HEALTHY)["works"] is True


def test_a_check_is_as_it_was_made_and_where_it_was_made() -> None:
    first, second = said(SICK)["checks"][:2]

    assert first == {
        "topic": "record",
        "code": "record-key",
        "status": "warn",
        "repository": None,
        "said": "there is no record key",
        "next_step": "set `ENVSYNC_RECORD_KEY`",
        "link": None,
    }
    assert second["topic"] == "credential"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_checkup_is_as_the_schema_says(name: str) -> None:
    assert len(said(EXAMPLES[name])["checks"]) == len(EXAMPLES[name].checks)


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("status", Status)
def test_so_is_every_topic_and_status(topic: Topic, status: Status) -> None:
    found = said(Checkup((replace(HEALTHY.checks[0], topic=topic, status=status),)))

    assert (found["checks"][0]["topic"], found["checks"][0]["status"]) == (topic, status)
