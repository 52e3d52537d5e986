"""What the command line of `envsync init` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsync.model import RepositoryName
    from envsync.scaffold.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Asked:
    """`reviewers`: as they were written. `pipes`: whether it asks for a pipeline, of whichever kind.

    `pipeline`: the kind; `beside`: that of the pipeline that is there.
    """

    repository: RepositoryName | None = None
    reviewers: tuple[str, ...] = ()
    imports: bool = False
    name: str | None = None
    pipes: bool = False
    pipeline: Pipeline | None = None
    workflows: bool = True
    dry_run: bool = False
    force: bool = False
    beside: Pipeline | None = None

    @property
    def deploys(self) -> Pipeline | None:
        """What the files are to fit."""
        return self.pipeline or self.beside

    @property
    def renews(self) -> bool:
        """Whether it says what an `environments.yaml` that is there is replaced by."""
        return self.force and bool(self.imports or self.reviewers)
