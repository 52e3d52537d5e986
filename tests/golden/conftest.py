"""What envsync prints, kept as files: `pytest tests/golden --update-golden` writes them anew, for git to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected outputs anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the file that holds it, named as seen from this folder."""
    update = request.config.getoption("--update-golden", default=False)

    def compare(name: str, actual: str) -> None:
        file = Path(__file__).parent / name
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(actual, encoding="utf-8")
        assert file.is_file(), f"{name} is not there: run pytest tests/golden --update-golden"
        assert actual == file.read_text(encoding="utf-8")

    return compare
