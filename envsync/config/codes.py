"""Which things a file of envsync's can have wrong: the stable slugs that scripts may match on."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    FILE_EMPTY = "file-empty"
    FILE_REPEATED = "file-repeated"

    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    UNSUPPORTED_VERSION = "unsupported-version"
    NULL_VALUE = "null-value"
    WRONG_TYPE = "wrong-type"
    WRONG_VALUE = "wrong-value"
    WRONG_FORMAT = "wrong-format"
    OUT_OF_RANGE = "out-of-range"
    WRONG_COUNT = "wrong-count"
    SECRET_SOURCE = "secret-source"  # noqa: S105 - a slug, no secret

    TOO_MANY_ENVIRONMENTS = "too-many-environments"
    DUPLICATE = "duplicate"
    RESERVED_NAME = "reserved-name"
    VALUE_TOO_LARGE = "value-too-large"
    REFUSED_VARIABLE = "refused-variable"
    UNCONFINED_PATH = "unconfined-path"
    UNKNOWN_TEMPLATE = "unknown-template"
    TEMPLATE_NOT_REPLACED = "template-not-replaced"
    SELF_REVIEW_WITHOUT_REVIEWER = "self-review-without-reviewer"
    SET_AND_IGNORED = "set-and-ignored"
    NOTHING_INHERITED = "nothing-inherited"
    NEVER_TOUCH_DECLARED = "never-touch-declared"
    UNMATCHED_OVERRIDE = "unmatched-override"
    UNMATCHED_EXPECTED = "unmatched-expected"
    UNMATCHED_EXCLUDE = "unmatched-exclude"
    EXCLUDED_REPOSITORY = "excluded-repository"
    CONFLICTING_PATTERN = "conflicting-pattern"
    DECLARED_TWICE = "declared-twice"
    FOREIGN_TEAM = "foreign-team"
    FULL_REF = "full-ref"
    ADDED_ENVIRONMENT = "added-environment"
    NO_ENVIRONMENT = "no-environment"
