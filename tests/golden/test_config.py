"""Every message about a file: `config/NAME.yaml`, with a `NAME.second.yaml` or without -> `config/NAME.txt`.

Where no such file exists, or it has a size that nobody wants in a repository, `PREPARED` makes it.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envsync.config import Code, load
from envsync.documents.codes import Code as DocumentCode
from envsync.errors import ConfigError
from envsync.render.diagnostics import render

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "config"
HEAD = "version: 1\nname: payments\nrepositories: [acme/payments]\n"

PREPARED: dict[str, Callable[[Path], object]] = {
    "file-missing": lambda _path: None,
    "file-is-directory": lambda path: path.mkdir(),
    "file-unreadable": lambda path: path.symlink_to(path.name),
    "file-too-large": lambda path: path.write_bytes(b"#" * (1 << 20) + b"\n"),
    "file-not-utf8": lambda path: path.write_bytes(HEAD.encode() + "# für alle\n".encode("latin-1")),
    "file-not-utf8-but-utf16": lambda path: path.write_bytes(HEAD.encode("utf-16")),
    "file-not-utf8-but-utf32": lambda path: path.write_bytes(HEAD.encode("utf-32")),
    "file-unreadable-pipe": os.mkfifo,
    "file-missing-beside-another": lambda path: path.with_suffix(".yml").write_text(HEAD, encoding="utf-8"),
    "file-empty": lambda path: path.write_bytes(b"# nothing yet\n"),
    "yaml-character": lambda path: path.write_text(
        f"{HEAD}environments:\n  stag\x1bing: {{}}\n", encoding="utf-8"
    ),
    "yaml-too-deep": lambda path: path.write_text(f"{HEAD}environments: {'[' * 60}\n", encoding="utf-8"),
    "yaml-too-large": lambda path: path.write_text(f"{HEAD}exclude:\n" + "- acme/x\n" * 60_000, encoding="utf-8"),
    "more-errors": lambda path: path.write_text(f"{HEAD}exclude: [{'acme, ' * 501}]\n", encoding="utf-8"),
    "too-many-environments": lambda path: path.write_text(
        "version: 1\nname: payments\nrepositories:\n"
        + "".join(f"  - acme/r{number}\n" for number in range(5_000))
        + "environments:\n"
        + "".join(f"  e{number}: {{}}\n" for number in range(200)),
        encoding="utf-8",
    ),
}
NAMES = sorted({path.name.removesuffix(".txt") for path in FOLDER.glob("*.txt")} | PREPARED.keys())


@pytest.mark.parametrize("name", NAMES)
def test_a_message_reads_as_it_did(
    name: str, golden: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in FOLDER.glob(f"{name}.*yaml"):
        shutil.copy(file, tmp_path)
    if name in PREPARED:
        PREPARED[name](tmp_path / f"{name}.yaml")
    monkeypatch.chdir(tmp_path)
    golden(f"config/{name}.txt", _said(name))


def test_every_code_has_a_message() -> None:
    shown = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.txt"))
    assert set(re.findall(r"^(?:error|warning)\[([a-z0-9-]+)\]", shown, re.MULTILINE)) == {
        str(code) for code in (*Code, *DocumentCode)
    }


def test_no_message_holds_a_value_from_under_secrets() -> None:
    assert not [file.name for file in FOLDER.glob("*.txt") if "hunter2" in file.read_text(encoding="utf-8")]


def _said(name: str) -> str:
    second = Path(f"{name}.second.yaml")
    first = Path(f"{name}.yaml")
    paths = [first, second] if second.exists() else [first]
    if name == "file-repeated":
        paths = [first, Path() / ".." / Path.cwd().name / first]
    try:
        warnings = load(paths).warnings
    except ConfigError as error:
        diagnostics = error.diagnostics
        if name == DocumentCode.MORE_ERRORS:
            diagnostics = tuple(one for one in diagnostics if one.code == name)
        return render(diagnostics, color=False, width=100).replace(Path.cwd().name, "FOLDER")
    return render(warnings, color=False, width=100)
