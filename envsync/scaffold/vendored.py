"""This project's action and workflows as another repository has them: copies that it reviews as its own.

A workflow there could as well name the action by this project's repository and a commit. But then what runs with
the keys to its environments is fetched from where nobody there has looked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsync.scaffold.starter_words import Sources

ACTION = ".github/actions/envsync"
_ON_PURPOSE = "# zizmor: ignore[self-repository]"
_USES = re.compile(r"\buses: \./$", re.MULTILINE)
_PATHS = re.compile(r"^( +paths: \[.*)\]$", re.MULTILINE)
_VERSION = re.compile(r"(?<=^  version:\n)(    description: .*\n    default: )\"\"$", re.MULTILINE)
_SOURCE = re.compile(
    r"^( +)# STAGING_AWS_ROLE_ARN: .*\n", re.MULTILINE
)  # where a step gets what secrets come from


def vendored_workflow(text: str, sources: Sources | None = None) -> str:
    """With the action where the copy is. A change of that starts the workflow as well.

    `sources`: what `environments.yaml` names, which its steps get; None: an example as a comment.

    `./` is the folder that was checked out, for a pull request that of the branch which was reviewed, and so is
    the action that runs. zizmor advises another spelling, which does not say that.
    """
    head = "# The action is used from what was checked out: ./ on purpose, so that what runs was reviewed.\n"
    if sources is not None:
        text = _SOURCE.sub(lambda place: _handed_on(sources, place[1]), text)
    return head + _PATHS.sub(rf'\1, "{ACTION}/**"]', _USES.sub(f"uses: ./{ACTION} {_ON_PURPOSE}", text))


def _handed_on(sources: Sources, indent: str) -> str:
    lines = [f"{name}: ${{{{ secrets.{name} }}}}" for name in sources.active]
    lines += [f"# {name}: ${{{{ secrets.{name} }}}}" for name in sources.spare]
    return "".join(f"{indent}{line}\n" for line in lines)


def vendored_action(text: str, version: str) -> str:
    """One that installs `version` of envsync from the package index, unless the step says otherwise."""
    head = f"""\
# A copy of envsync's own action, as `envsync init` of envsync {version} wrote it. It installs that version, and
# of what that needs, what requirements.txt beside it pins by hash. `envsync init --force` of another version
# writes it anew.
"""
    return head + _VERSION.sub(rf'\g<1>"{version}"', text)
