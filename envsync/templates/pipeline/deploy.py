"""The step Deploy of a Lambda function: publishes a version, and points the alias at it.

It gets, as environment variables:

  ENVIRONMENT  what is deployed to
  FUNCTION     the function
  ALIAS        what callers use; it is made where it is not there
  AWS_REGION   where they are
  PAYLOAD      JSON, for the check: held here already, before anything is changed
  EXPECTED     the same; it may be empty
  PACKAGE      the path of a zip
  DIGEST       its SHA-256, hex

and credentials of AWS. It leaves in $GITHUB_OUTPUT, each cut to 500 characters:

  served       which version served before; empty: none did
  served_good  false: that one is not on the list of good versions (it never passed its check, or was gone back
               from)
  previous     the good one to go back to; empty: there is none
  version      which shall serve
  moved        true: just before traffic is moved
  reason       why it failed

It exits with 0; with 1 where it failed; with 2 if it is given an argument.

It needs alias.py, aws.py and step.py beside it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # the imports that follow would leave a __pycache__ in the checkout
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # -I, -P and PYTHONSAFEPATH=1 leave it out

from alias import Unknown, look, move
from aws import Refused, call, field
from step import NUMBER, Stop, hold_settings, output, plain, run, say


def deploy() -> None:
    hold_settings("PAYLOAD", "PACKAGE", "DIGEST", maybe=["EXPECTED"])
    package, digest = Path(os.environ["PACKAGE"]).absolute(), os.environ["DIGEST"]
    hold_package(package, digest)
    function, name = os.environ["FUNCTION"], os.environ["ALIAS"]
    alias = look()
    output("served", alias.version if alias else "")
    if alias and not alias.is_good:
        output("served_good", "false")
    say(f"{name} of {function} {f'points at {alias}' if alias else 'does not exist yet'}")
    if alias and not alias.version.isdigit():
        raise Stop(f"{name} points at {alias.version}, which serves each upload at once: point it at a version")
    version = publish(package, digest)
    output("previous", alias.previous(version) if alias else "")
    output("version", version)
    say(f"version {version} is sha256:{digest}")
    if alias and alias.version == version and not alias.weights:
        say(f"version {version} serves already: nothing is moved")
        return
    output("moved", "true")
    try:
        move(alias, version, alias.good if alias else ())
    except Unknown as unknown:
        raise Stop(f"it is not known whether version {version} serves: {unknown.fact}") from unknown
    except Refused as refused:
        if refused.code == "PreconditionFailedException":
            raise Stop(f"somebody else changed {name} meanwhile: version {version} does not serve") from refused
        raise
    say(f"version {version} serves{', all traffic' if alias and alias.weights else ''}")


def hold_package(package: Path, digest: str) -> None:
    try:
        found = hashlib.sha256(package.read_bytes()).hexdigest()
    except OSError as unreadable:
        raise Stop(f"the package cannot be read: {plain(str(unreadable))}") from unreadable
    if found != digest:
        raise Stop(f"the package is sha256:{found}, not the sha256:{digest} that was built: nothing was uploaded")


def publish(package: Path, digest: str) -> str:
    """The number of the version with that package; AWS makes no second one of what it published last."""
    code = base64.b64encode(bytes.fromhex(digest)).decode()
    upload = ("update-function-code", "--zip-file", f"fileb://{package}")
    try:
        made = call(*upload, seconds=240)
    except Refused as refused:
        if refused.code != "ResourceConflictException":  # an earlier update that has not ended yet
            raise
        call("wait", "function-updated", seconds=240)
        made = call(*upload, seconds=240)
    if made.get("LastUpdateStatus", "Successful") != "Successful":
        call("wait", "function-updated", seconds=240)
    if made.get("CodeSha256") != code:
        raise Stop(f"AWS has sha256 {plain(str(made.get('CodeSha256')))} of the package, not {code}")
    published = call("publish-version", "--code-sha256", code)
    version = field("publish-version", published, "Version", NUMBER)
    if published.get("State", "Active") != "Active":
        call("wait", "published-version-active", "--qualifier", version, seconds=240)
    return version


if __name__ == "__main__":
    sys.exit(run("Deploy", deploy))
