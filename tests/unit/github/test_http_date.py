from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.github.http_date import http_date


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 14 Nov 2023 22:13:20 GMT",
        "Tue, 14 Nov 2023 22:13:20 -0000",
        "Tue, 14 Nov 2023 23:13:20 +0100",
        "14 Nov 2023 22:13:20 GMT",
    ],
)
def test_a_date_is_a_moment(text: str) -> None:
    assert http_date(text) == 1_700_000_000.0


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "120", "2023-11-14T22:13:20Z", "Tue, 14 Nov 99999 22:13:20 GMT"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert http_date(text) is None


@given(st.text() | st.from_regex(r"(Tue, )?[0-9]{1,9} Nov [0-9]{1,9} [0-9:]{0,12} [-+A-Z0-9]{0,9}"))
def test_nothing_that_a_server_writes_raises(text: str) -> None:
    moment = http_date(text)
    assert moment is None or moment == moment  # noqa: PLR0124 - not NaN
