"""Below the first line that may open `secrets`, a file is shown with more care."""

from __future__ import annotations

import time

import pytest

from envsync.config.mentions import first_mention


@pytest.mark.parametrize(
    ("line", "mentions"),
    [
        ("    secrets:", True),
        ("    SECRETS: {}", True),
        ("    'secret' : x", True),
        ("    secerts:", True),
        ("    secrts:", True),
        ("    # secrets:", True),
        ("# 'secrets': {A: b}", True),
        ("# the names of your secrets", False),
        ("    required_reviewers: [team-lead]", False),
        ("    deployment_branch_policy: protected", False),
        ("repositories: [acme/*]", False),
        ("    variables: {A: b}", False),
    ],
)
def test_a_line_mentions_secrets_or_does_not(line: str, *, mentions: bool) -> None:
    assert first_mention(["version: 1", line, "prune: true"]) == (2 if mentions else 4)


def test_a_file_of_very_many_words_is_taken_to_mention_them() -> None:
    letters = "abdfghijklmnopquvwxyz"
    words = [f"{a}{b}{c}rect" for a in letters for b in letters for c in letters]
    start = time.process_time()

    assert first_mention(words) <= len(words)
    assert time.process_time() - start < 5
