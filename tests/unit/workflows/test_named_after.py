"""Which secrets and variables bear the name of an environment, whole or in short."""

from __future__ import annotations

import pytest

from envsync.workflows.named_after import named_after


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("QA_TOKEN", "qa"),
        ("KUBECONFIG_STAGING", "Staging"),
        ("PROD_HOST", "production"),
        ("HOST_PRD", "production"),
        ("STG_URL", "staging"),
        ("EU_KEY", "prod-eu"),
    ],
)
def test_a_name_may_say_which_environment_it_is_for(name: str, environment: str) -> None:
    assert named_after(name, environment)


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("TOKEN", "qa"),
        ("PRODUCTIONS_HOST", "production"),
        ("PR_TOKEN", "production"),
        ("SERVICE_URL", "staging"),
        ("DORP_HOST", "production"),
        ("API_KEY", "*"),
    ],
)
def test_a_name_may_be_any_environment_s(name: str, environment: str) -> None:
    assert not named_after(name, environment)
