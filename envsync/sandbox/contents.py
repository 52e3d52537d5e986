"""The files of a repository's default branch. Other branches there are none.

As "REST API endpoints for repository contents" on docs.github.com has it: a folder is a list, a file comes in
base64, and one of more than a megabyte without its content.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from envsync.sandbox.exchange import Reply, failure, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envsync.sandbox.account_shapes import Shape
    from envsync.sandbox.call import Call

DEFAULT_BRANCH = "main"
_SHOWN_BYTES = 1024 * 1024  # of a larger file there is all but the content
_LINE = 60  # characters of base64


def get(call: Call) -> Reply:
    """A file, or what is in a folder."""
    ref = call.query.get("ref", DEFAULT_BRANCH)
    if ref.removeprefix("refs/heads/") not in (DEFAULT_BRANCH, "HEAD"):
        raise failure(404, f"No commit found for the ref {ref}")
    files = call.repository.files
    if not files:
        raise failure(404, "This repository is empty.")
    path = call.names["path"].strip("/")
    if path in files:
        return Reply(200, _file(call, path, files[path].encode()))
    inside = _under(files, path)
    if not inside:
        raise not_found()
    return Reply(200, [_entry(call, f"{path}/{name}") for name in _names(inside)])


def _under(files: Mapping[str, str], folder: str) -> dict[str, str]:
    """What a folder holds, at whatever depth, by the path from there."""
    return {path.removeprefix(f"{folder}/"): text for path, text in files.items() if path.startswith(f"{folder}/")}


def _names(files: Mapping[str, str]) -> list[str]:
    """What is right in a folder."""
    return sorted({path.partition("/")[0] for path in files})


def _file(call: Call, path: str, data: bytes) -> Shape:
    if len(data) > _SHOWN_BYTES:
        return {**_entry(call, path), "content": "", "encoding": "none"}
    text = base64.b64encode(data).decode()
    lines = "".join(f"{text[at : at + _LINE]}\n" for at in range(0, len(text), _LINE))
    return {**_entry(call, path), "content": lines, "encoding": "base64"}


def _entry(call: Call, path: str) -> Shape:
    repository = call.repository
    files, quoted = repository.files, quote(path)
    is_file = path in files
    kind, page = ("blob", "blob") if is_file else ("tree", "tree")
    sha = _blob(files[path]) if is_file else _tree(_under(files, path))
    api, site = f"{call.api}/repos/{repository.full_name}", f"{call.site}/{repository.full_name}"
    url, git_url = f"{api}/contents/{quoted}?ref={DEFAULT_BRANCH}", f"{api}/git/{kind}s/{sha.hex()}"
    html_url = f"{site}/{page}/{DEFAULT_BRANCH}/{quoted}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha.hex(),
        "size": len(files[path].encode()) if is_file else 0,
        "url": url,
        "html_url": html_url,
        "git_url": git_url,
        "download_url": f"{site}/raw/{DEFAULT_BRANCH}/{quoted}" if is_file else None,
        "type": "file" if is_file else "dir",
        "_links": {"self": url, "git": git_url, "html": html_url},
    }


# --- as git names them ---------------------------------------------------------------------------------------


def _blob(text: str) -> bytes:
    return _named("blob", text.encode())


def _tree(files: Mapping[str, str]) -> bytes:
    entries = b""
    for name in sorted(_names(files), key=lambda name: name if name in files else f"{name}/"):
        is_file = name in files
        sha = _blob(files[name]) if is_file else _tree(_under(files, name))
        entries += f"{'100644' if is_file else '40000'} {name}\0".encode() + sha
    return _named("tree", entries)


def _named(kind: str, data: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).digest()
