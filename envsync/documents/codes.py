"""Which things any YAML file can have wrong: the stable slugs that scripts may match on."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    FILE_MISSING = "file-missing"
    FILE_IS_DIRECTORY = "file-is-directory"
    FILE_UNREADABLE = "file-unreadable"
    FILE_TOO_LARGE = "file-too-large"
    FILE_NOT_UTF8 = "file-not-utf8"

    YAML_SYNTAX = "yaml-syntax"
    YAML_CHARACTER = "yaml-character"
    YAML_TOO_DEEP = "yaml-too-deep"
    YAML_TOO_LARGE = "yaml-too-large"
    YAML_ALIAS = "yaml-alias"
    YAML_DOCUMENTS = "yaml-documents"
    YAML_TAG = "yaml-tag"
    YAML_KEY = "yaml-key"
    YAML_MERGE = "yaml-merge"

    DUPLICATE_KEY = "duplicate-key"
    MORE_ERRORS = "more-errors"
