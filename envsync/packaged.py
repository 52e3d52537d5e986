"""What the wheel carries beside code: the JSON Schemas, and what `envsync init` copies."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def schema_text(name: str, package: Traversable | None = None) -> str:
    """From the wheel, where the schemas lie in the package, or from a checkout, where they lie beside it."""
    return _text(f"schemas/{name}", f"schemas/{name}", package)


def template_text(path: str, package: Traversable | None = None) -> str:
    """A file of this project's own repository, by its path there: one of those that the wheel carries."""
    return _text(f"templates/{path}", path, package)


def pipeline_text(path: str, package: Traversable | None = None) -> str:
    """A piece of what `envsync init --pipeline` writes. It lies in the package, in a checkout too."""
    return _text(f"templates/pipeline/{path}", f"envsync/templates/pipeline/{path}", package)


def _text(in_wheel: str, in_checkout: str, package: Traversable | None) -> str:
    package = package or resources.files("envsync")
    file = package.joinpath(*in_wheel.split("/"))
    if not file.is_file():
        with resources.as_file(package) as folder:
            return (folder.parent / in_checkout).read_text(encoding="utf-8")
    return file.read_text(encoding="utf-8")
