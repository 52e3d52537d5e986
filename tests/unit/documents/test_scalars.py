from __future__ import annotations

import math

import pytest

from envsync.documents.nodes import Scalar
from envsync.documents.scalars import resolve
from envsync.errors import Span

HERE = Span("environments.yaml", 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("1:30", "1:30"),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("-5", -5),
        ("+5", 5),
        ("1_000", "1_000"),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("2024-01-01", "2024-01-01"),
        ("٣", "٣"),
        ("9" * 5000, math.inf),
        ("0x" + "f" * 5000, math.inf),
    ],
)
def test_plain_scalars_have_the_types_of_yaml_1_2(text: str, value: object) -> None:
    resolved = resolve(Scalar(HERE, text, plain=True))

    assert resolved == value
    assert type(resolved) is type(value)


def test_not_a_number_is_a_number() -> None:
    resolved = resolve(Scalar(HERE, ".nan", plain=True))

    assert isinstance(resolved, float)
    assert math.isnan(resolved)


@pytest.mark.parametrize("text", ["null", "true", "5", "~", ""])
def test_quoted_scalars_are_text(text: str) -> None:
    assert resolve(Scalar(HERE, text, plain=False)) == text
