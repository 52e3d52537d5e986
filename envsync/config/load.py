"""Files -> Configuration, or everything that is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsync.config.broken_masks import broken_page
from envsync.config.check import check, is_too_large
from envsync.config.codes import Code
from envsync.config.configuration import Configuration
from envsync.config.declaration import declaration_of
from envsync.config.gather import file_of, gather
from envsync.config.masks import page_of
from envsync.config.names import check_names
from envsync.config.schema import file_schema
from envsync.config.validate import validated
from envsync.documents.compose import Break, compose, is_empty
from envsync.documents.findings import Findings
from envsync.documents.nodes import Mapping
from envsync.documents.oddities import describe
from envsync.documents.syntax import explain
from envsync.documents.text import read, same_file
from envsync.errors import ConfigError, Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envsync.config.declaration import Declaration
    from envsync.config.gather import File
    from envsync.documents.text import SourceText


def load(paths: Sequence[Path]) -> Configuration:
    """Reads all files. Raises one ConfigError with all that is wrong with all of them, warnings included."""
    diagnostics: list[Diagnostic] = []
    found: list[Findings] = []
    files: list[File] = []
    seen: dict[str, Path] = {}
    for path in paths:
        first = seen.setdefault(same_file(path), path)
        if first is not path:
            hint = f"it was named before as {first}: name it once"
            diagnostics.append(Diagnostic(Code.FILE_REPEATED, f"`{path}` is named twice", hint))
            continue
        try:
            findings, file = _checked(read(path))
        except ConfigError as error:
            diagnostics += error.diagnostics
        else:
            found.append(findings)
            files += [file] if file else []
    _check_flags(files)
    gather(files, {pattern.text: () for file in files for pattern in file.declaration.patterns()})
    diagnostics += [diagnostic for findings in found for diagnostic in findings.diagnostics]
    if any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics):
        raise ConfigError(*diagnostics)
    return Configuration(tuple(file.declaration for file in files), tuple(diagnostics))


def _checked(source: SourceText) -> tuple[Findings, File | None]:
    """What is wrong with a file, and what can be understood of it. Raises ConfigError if it is no YAML."""
    composed = compose(source)
    if isinstance(composed, Break):
        raise ConfigError(_unreadable(source, composed))
    if composed.root is None or is_empty(composed.root):
        hint = "it needs version, name and repositories"
        raise ConfigError(Diagnostic(Code.FILE_EMPTY, f"`{source.file}` says nothing", hint))
    page = page_of(source, composed.root, composed.oddities, file_schema())
    findings = Findings(page)
    for oddity in composed.oddities:
        describe(oddity, findings)
    root = validated(composed.root, findings)
    if not isinstance(root, Mapping):
        return findings, None
    check_names(root, findings)
    declaration = declaration_of(root, page, source)
    if is_too_large(declaration, findings):
        return findings, None
    file = file_of(declaration, findings)
    check(declaration, file.environments, findings)
    return findings, file


def _unreadable(source: SourceText, broken: Break) -> Diagnostic:
    found = explain(broken, source.lines)
    page = broken_page(source, broken, found.span.line, file_schema())
    return page.error(broken.code, found.message, found.span, found.hint)


def _check_flags(files: Sequence[File]) -> None:
    """One pattern cannot be expanded in two ways."""
    first: dict[str, Declaration] = {}
    for file in files:
        declaration, findings = file.declaration, file.findings
        for pattern in declaration.patterns():
            other = first.setdefault(pattern.text, declaration)
            if (other.archived, other.forks) != (declaration.archived, declaration.forks):
                message = f"{findings.quoted(pattern)} is expanded otherwise by {other.file}"
                hint = "give both files the same `archived` and `forks`, or write two different patterns"
                findings.error(Code.CONFLICTING_PATTERN, message, pattern.span, hint)
