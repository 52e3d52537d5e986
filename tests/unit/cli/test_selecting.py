"""Which repositories a run is about."""

from __future__ import annotations

import pytest

from envsync.cli.selecting import hold_apart
from envsync.errors import ConfigError
from envsync.model import LiveRepository, RepositoryName

OLD, NEW, OTHER = (RepositoryName("acme", name) for name in ("old", "new", "other"))


def test_a_former_and_a_present_name_are_one_repository() -> None:
    both = [LiveRepository(NEW, OLD, ()), LiveRepository(NEW, NEW, ())]

    with pytest.raises(ConfigError, match="acme/new and acme/old are one repository, acme/new"):
        hold_apart(both, [OLD, NEW])


def test_they_are_so_too_where_the_other_one_is_in_another_shard() -> None:
    with pytest.raises(ConfigError, match="are one repository"):
        hold_apart([LiveRepository(NEW, OLD, ())], [NEW, OLD, OTHER])


def test_a_former_name_alone_is_fine() -> None:
    hold_apart([LiveRepository(NEW, OLD, ()), LiveRepository(OTHER, OTHER, ())], [OLD, OTHER])
