from __future__ import annotations

import os
from pathlib import Path

import pytest

from envsync.documents.text import MAX_BYTES, read, same_file
from envsync.errors import ConfigError


def test_a_file_is_text_with_lines_and_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_bytes("eins\nzwei ü".encode())

    source = read(path)

    assert (source.file, source.root, source.lines) == (str(path), str(tmp_path), ("eins", "zwei ü"))


def test_the_folder_is_absolute_however_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").touch()

    assert read(Path("a.yaml")).root == str(tmp_path)


def test_lines_end_where_libyaml_ends_them(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_bytes("a\r\nb\rc\nd\x85e\u2028f\u2029g\x0ch".encode())

    assert read(path).lines == ("a", "b", "c", "d", "e", "f", "g\x0ch")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1")

    assert read(path).text == "version: 1"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfea\x00", "file-not-utf8"),
        (b"a: \xfc", "file-not-utf8"),
        (b"\x7fELF\x80", "file-not-utf8"),
        (b"#" * (MAX_BYTES + 1), "file-too-large"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "environments.yaml"
    path.write_bytes(data)

    with pytest.raises(ConfigError) as caught:
        read(path)

    assert caught.value.diagnostics[0].code == code


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_bytes(b"#" * MAX_BYTES)

    assert len(read(path).text) == MAX_BYTES


def test_bytes_of_a_broken_file_are_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_bytes(b"\nsecrets: {A: hunter2\xfc}")

    with pytest.raises(ConfigError, match="line 2") as caught:
        read(path)

    assert "hunter2" not in str(caught.value)


def test_two_ways_to_name_a_file_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    (tmp_path / "b.yaml").symlink_to("a.yaml")

    assert same_file(tmp_path / "a.yaml") == same_file(tmp_path / "b.yaml")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "environments.yaml")

    with pytest.raises(ConfigError, match="no regular file"):
        read(tmp_path / "environments.yaml")


def test_a_pipe_that_the_shell_has_opened_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"version: 1")
    os.close(writing)
    try:
        assert read(Path(f"/dev/fd/{reading}")).text == "version: 1"
    finally:
        os.close(reading)


@pytest.fixture
def proposed(tmp_path: Path) -> Path:
    """A folder of somebody's, with one of somebody else's beside it."""
    (tmp_path / "others").mkdir()
    (tmp_path / "others/environments.yaml").write_text("version: 1")
    (tmp_path / "proposed/deep").mkdir(parents=True)
    (tmp_path / "proposed/environments.yaml").write_text("version: 1")
    return tmp_path / "proposed"


@pytest.mark.parametrize(
    "target", ["../../others/environments.yaml", "../environments.yaml", "/proc/self/environ"]
)
def test_a_link_out_of_its_folder_is_not_followed(proposed: Path, target: str) -> None:
    link = proposed / "deep/environments.yaml"
    link.symlink_to(target)

    with pytest.raises(ConfigError) as caught:
        read(link)

    (found,) = caught.value.diagnostics
    assert found.code == "file-unreadable"
    assert found.message == f"`{link}` is a link to what lies outside of its folder"


def test_in_a_repository_a_link_may_lead_to_another_folder_and_not_out_of_it(proposed: Path) -> None:
    (proposed / ".git").write_text("gitdir: ../elsewhere")
    (proposed / "deep/inside.yaml").symlink_to("../environments.yaml")
    (proposed / "deep/outside.yaml").symlink_to("../../others/environments.yaml")
    (proposed / "folder").symlink_to("../others")

    assert read(proposed / "deep/inside.yaml").text == "version: 1"
    for name in ("deep/outside.yaml", "folder/environments.yaml"):
        with pytest.raises(ConfigError, match="outside of its repository"):
            read(proposed / name)


def test_who_names_a_file_may_go_wherever_they_like(proposed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (proposed / ".git").mkdir()
    monkeypatch.chdir(proposed)
    (proposed.parent / "way").symlink_to("others")

    assert read(Path("../others/environments.yaml")).text == "version: 1"
    assert read(proposed.parent / "way/environments.yaml").text == "version: 1"


def test_a_working_directory_that_is_gone_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()

    assert same_file(Path("environments.yaml")) == "environments.yaml"
    with pytest.raises(ConfigError, match="working directory no longer exists"):
        read(Path("environments.yaml"))


def test_an_ending_that_is_spelled_otherwise_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "environments.yml").touch()

    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "environments.yaml")

    assert caught.value.diagnostics[0].hint == f"did you mean -f {tmp_path / 'environments.yml'}?"
