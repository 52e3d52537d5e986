from __future__ import annotations

import pytest

from envsync.render.printable import LONGEST, inert, printable, quoted, value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Prüfung 🚀", "Prüfung 🚀"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b\x7f", "\\u009b\\u007f"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AWS_ROLE_ARN", "AWS_ROLE_ARN"),
        ("feature/* ~1 #7", "feature/* ~1 #7"),
        ("@here <!channel>", "·here ·!channel·"),
        ("https://evil.example", "https·evil.example"),
        ("WWW.evil.example", "WWW·evil.example"),
        ("[a](b) `c` d|e&f \\", "·a··b· ·c· d·e·f ·"),
    ],
)
def test_what_calls_somebody_or_makes_a_link_is_taken_out_and_nothing_else(text: str, shown: str) -> None:
    assert inert(text) == shown


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (None, "none"),
        ((), "none"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (("a", "b\x1b"), "a, b\\u001b"),
        ("all", "all"),
    ],
)
def test_values_are_shown_as_the_file_would_have_them(
    field: str | int | tuple[str, ...] | None, shown: str
) -> None:
    assert value(field) == shown


def test_long_values_say_how_long_they_are() -> None:
    assert quoted("x" * 10) == '"xxxxxxxxxx"'
    assert quoted("x" * 48_000) == f'"{"x" * (LONGEST - 1)}… (48,002 characters)'
