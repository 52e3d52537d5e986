"""What AWS does and moto does not, for `support.aws`: to run a version, and to refuse what is out of date."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from support.aws_request import Answer, error, functions, stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moto.awslambda.models import LambdaFunction
    from support.aws_request import Asked

_RUNTIME = """\
import importlib, json, sys, traceback, types
folder, handler, function, version = sys.argv[1:]
sys.path.insert(0, folder)
module, _, name = handler.rpartition(".")
context = types.SimpleNamespace(function_name=function, function_version=version)
answers, sys.stdout = sys.stdout, sys.stderr
try:
    answer = getattr(importlib.import_module(module), name)(json.load(sys.stdin), context)
    json.dump(answer, answers)
except Exception as error:
    trace = traceback.format_exc().splitlines()
    json.dump({"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}, answers)
    raise SystemExit(90)
"""
_RAISED = 90


def package(files: Mapping[str, str]) -> bytes:
    """A zip with the same bytes for the same files, whenever it is made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return packed.getvalue()


def run(function: LambdaFunction, event: bytes, scratch: Path) -> Answer:
    """What the version answers: in a folder of its own under `scratch`, in a process of its own."""
    version = str(function.version)
    named = (str(function.handler), str(function.function_name), version)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder)
        own = Path(folder, "bootstrap")
        if own.exists():
            own.chmod(0o755)
        command = [str(own)] if own.exists() else [sys.executable, "-I", "-c", _RUNTIME, folder, *named]
        environ = {"PATH": os.environ["PATH"], **function.environment_vars}
        done = subprocess.run(
            command, input=event or b"null", capture_output=True, check=False, timeout=60, cwd=folder, env=environ
        )
    headers = {"X-Amz-Executed-Version": version, "Content-Type": "application/json"}
    if done.returncode == 0:
        return Answer(200, done.stdout, headers)
    exited = {"errorType": "Runtime.ExitError", "errorMessage": f"Runtime exited with {done.returncode}"}
    body = done.stdout if done.returncode == _RAISED else json.dumps(exited).encode()
    return Answer(200, body, {**headers, "X-Amz-Function-Error": "Unhandled"})


def update_alias(asked: Asked, done: Callable[[], Answer]) -> Answer:
    """`done` by moto, if the revision is the one that the alias has; it has another afterwards."""
    alias = next((each for each in functions().list_aliases(asked.function) if each.name == asked.alias), None)
    if alias is not None and asked.json.get("RevisionId", alias.revision_id) != alias.revision_id:
        return error(asked, 412, "PreconditionFailedException", "The Revision Id provided does not match.")
    answer = done()
    if alias is not None and answer.status < 300:
        alias.revision_id = str(uuid.uuid4())
    return answer


def publish_version(asked: Asked, done: Callable[[], Answer]) -> Answer:
    """`done` by moto, if the code is the one that is meant; what was published last is not published again."""
    latest = functions().get_function(asked.function)
    if asked.json.get("CodeSha256") not in (None, "", latest.code_sha_256):
        return error(asked, 400, "InvalidParameterValueException", "CodeSHA256 is different from that of $LATEST.")
    last = list(functions().list_versions_by_function(asked.function))[-1]
    latest.code_or_config_updated = _contents(latest) != _contents(last)
    return done()


def execute_change_set(done: Callable[[], Answer]) -> Answer:
    """`done` by moto, which forgets what the stack puts out."""
    answer = done()
    for stack in stacks().stacks.values():
        stack._parse_template()
        stack.output_map = stack._create_output_map()
    return answer


def _contents(function: LambdaFunction) -> tuple[object, ...]:
    return (function.code_sha_256, function.handler, function.run_time, function.environment_vars)
