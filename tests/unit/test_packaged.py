from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.packaged import pipeline_text, schema_text, template_text

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_found_in_a_wheel(tmp_path: Path) -> None:
    package = tmp_path / "envsync"
    (package / "schemas").mkdir(parents=True)
    (package / "schemas" / "environments.schema.json").write_text("from the wheel", encoding="utf-8")

    assert schema_text("environments.schema.json", package) == "from the wheel"


def test_it_is_found_in_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "envsync").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "environments.schema.json").write_text("from the checkout", encoding="utf-8")

    assert schema_text("environments.schema.json", tmp_path / "envsync") == "from the checkout"


def test_so_is_what_is_copied_by_its_path_in_this_repository(tmp_path: Path) -> None:
    package = tmp_path / "envsync"
    package.mkdir()
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/requirements.txt").write_text("from the checkout", encoding="utf-8")

    assert template_text(".github/requirements.txt", package) == "from the checkout"

    (package / "templates/.github").mkdir(parents=True)
    (package / "templates/.github/requirements.txt").write_text("from the wheel", encoding="utf-8")

    assert template_text(".github/requirements.txt", package) == "from the wheel"


def test_what_the_pipeline_is_made_of_lies_in_the_package_itself(tmp_path: Path) -> None:
    package = tmp_path / "envsync"
    (package / "templates/pipeline/pieces").mkdir(parents=True)
    (package / "templates/pipeline/pieces/telling.yml").write_text("from the package", encoding="utf-8")

    assert pipeline_text("pieces/telling.yml", package) == "from the package"
    assert pipeline_text("deploy.yml").startswith("# From a commit to production.")
