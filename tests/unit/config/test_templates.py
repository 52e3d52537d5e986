from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsync.config.templates import expand, is_unclosed, replacements, unknown
from envsync.model import RepositoryName

VALUES = replacements(RepositoryName("acme", "payments"), "production-approval")


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${owner}/${repository}", "acme/payments"),
        ("${environment} ${ENVIRONMENT}", "production-approval PRODUCTION_APPROVAL"),
        ("$${owner}", "${owner}"),
        ("$$${owner}$$", "$acme$"),
        ("$5 a$b $", "$5 a$b $"),
        ("$", "$"),
        ("{owner}", "{owner}"),
    ],
)
def test_templates_are_replaced(text: str, expanded: str) -> None:
    assert unknown(text) is None
    assert expand(text, VALUES) == expanded


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("${repo}", "repo"),
        ("${}", ""),
        ("${owner", "owner"),
        ("${owner${repository}", "owner"),
        ("$$${x}", "x"),
        ("${owner} ${ owner }", " owner "),
    ],
)
def test_an_unknown_template_is_named_and_left_alone(text: str, name: str) -> None:
    assert unknown(text) == name
    assert "${" in expand(text, VALUES)


@pytest.mark.parametrize(
    ("environment", "upper"),
    [("staging", "STAGING"), ("Prod (eu/west)", "PROD_EU_WEST"), ("_x_", "X"), ("größe", "GR_E")],
)
def test_an_environment_has_a_name_for_variables(environment: str, upper: str) -> None:
    assert replacements(RepositoryName("o", "r"), environment)["ENVIRONMENT"] == upper


@given(st.text())
def test_any_text_can_be_written(text: str) -> None:
    assert expand(text.replace("$", "$$"), VALUES) == text


@pytest.mark.parametrize(
    ("text", "unclosed"),
    [
        ("${repository", True),
        ("${owner} ${x", True),
        ("${x} ${owner", False),
        ("${owner}", False),
        ("$${x", False),
    ],
)
def test_a_template_has_an_end(text: str, *, unclosed: bool) -> None:
    assert is_unclosed(text) is unclosed
