"""What the wheel carries beside code: the JSON Schemas."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def schema_text(name: str, package: Traversable | None = None) -> str:
    """From the wheel, where the schemas lie in the package, or from a checkout, where they lie beside it."""
    package = package or resources.files("envsync")
    file = package / "schemas" / name
    if not file.is_file():
        with resources.as_file(package) as folder:
            return (folder.parent / "schemas" / name).read_text(encoding="utf-8")
    return file.read_text(encoding="utf-8")
