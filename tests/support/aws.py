"""An AWS on this machine, in which a Lambda function runs for real and IAM is obeyed.

    with local_aws(tmp_path) as aws:
        aws.function("payments-staging", [{"app.py": GOOD}])  # a package is its files; the alias `live` serves 1
        aws.install_roles(TEMPLATE, Repository="acme/payments", StagingFunction="payments-staging", ...)
        subprocess.run(["aws", "lambda", ...], env=aws.environ(role="staging"))
        assert aws.serves("payments-staging") == "2"
        assert aws.operations("staging") == ["GetAlias", ...]

It is moto's server, in this process and at `aws.url` (`AWS_ENDPOINT_URL`), with what moto lacks laid on top:

- Invoke runs the package of the version that the qualifier points at, in its own process: `app.handler` with
  Python, or a file `bootstrap` (event on stdin, answer on stdout: that may be no JSON).
- UpdateAlias and PublishVersion heed `RevisionId` and `CodeSha256`; what was published last stays the last.
- Who asks is told by the access key. `environ()` is the administrator's, who may do anything. A role's key comes
  from AssumeRoleWithWebIdentity, which holds the token against the role's trust policy; the role's policies, as
  they lie in moto, decide what the key may do. A token is a JWT whose signature nobody looks at:
  `identity(subject)` makes one, and `aws.subject(environment)` is what GitHub puts into it for a job with that.
- `aws.on(operation, hook)` and `aws.refuse(operation)` let an operation fail, or something happen before or after.

The state is moto's, which is one for the process: no two at a time, and each begins with nothing. `aws.clear()`
goes back to nothing in between. What goes wrong in here itself fails the test as the block is left.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import threading
import traceback
import uuid
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

from moto.core.exceptions import JsonRESTError
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from support.aws_access import identity, refusal
from support.aws_nursery import aws_nursery
from support.aws_request import (
    ADMINISTRATOR,
    REGION,
    Answer,
    Asked,
    Hook,
    asking,
    error,
    functions,
    iam,
    stacks,
    sts,
)
from support.aws_runtime import execute_change_set, package, publish_version, run, update_alias
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

SUBJECT = "repo:{repository}:environment:{environment}"
__all__ = ["REGION", "SUBJECT", "Answer", "Asked", "Hook", "LocalAWS", "identity", "local_aws", "package"]


class LocalAWS:
    def __init__(self, folder: Path) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.broken: list[str] = []  # tracebacks of this server's own
        self.roles: dict[str, str] = {}  # environment → ARN
        self._repository = ""
        self._folder = folder
        self._hooks: dict[str, list[tuple[Hook, list[None] | None]]] = defaultdict(list)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def clear(self) -> None:
        """Forget everything: functions, roles, hooks, who asked what."""
        reset_model_data()
        for backend in (iam(), functions(), sts(), stacks()):
            backend.reset()
        self.asked.clear()
        self.roles.clear()
        self._hooks.clear()

    # What there is.

    def function(
        self,
        name: str,
        versions: Sequence[Mapping[str, str]],
        *,
        alias: str = "live",
        serves: int | None = None,
        trail: str = "",
        runtime: str = "python3.12",
    ) -> None:
        """A function with these versions. The alias serves the last; `serves=0`: there is no alias yet."""
        backend = functions()
        role = next((each for each in iam().get_roles() if each.name == "execution"), None)
        role = role or iam().create_role("execution", "{}", "/", None, "", [], None)
        code = {"ZipFile": base64.b64encode(package(versions[0] if versions else {})).decode()}
        settings = {"Role": role.arn, "Handler": "app.handler", "Runtime": runtime, "Code": code}
        backend.create_function({"FunctionName": name, **settings})
        for files in versions:
            code = {"ZipFile": base64.b64encode(package(files)).decode()}
            backend.update_function_code(name, "$LATEST", code)
            backend.publish_version(name)
        served = len(versions) if serves is None else serves
        if served:
            backend.create_alias(alias, name, str(served), trail, "")

    def install_roles(self, template: str, stack: str = "roles", **parameters: str) -> dict[str, str]:
        """Make a stack of the CloudFormation template; what it puts out, by name."""
        form = {"Action": "CreateStack", "StackName": stack, "TemplateBody": template, "Version": "2010-05-15"}
        for number, (name, value) in enumerate(parameters.items(), start=1):
            form |= {f"Parameters.member.{number}.ParameterKey": name}
            form |= {f"Parameters.member.{number}.ParameterValue": value}
        self._call("cloudformation", {**form, "Capabilities.member.1": "CAPABILITY_IAM"})
        return self.know_roles(stack, parameters["Repository"])

    def know_roles(self, stack: str, repository: str) -> dict[str, str]:
        """What the stack put out; `StagingRollbackAwsRoleArn` is the role of staging-rollback from then on."""
        found = self._call("cloudformation", {"Action": "DescribeStacks", "StackName": stack})
        texts = [(node.tag.rpartition("}")[2], node.text or "") for node in found.iter()]
        assert ("StackStatus", "CREATE_COMPLETE") in texts
        names = [text for tag, text in texts if tag == "OutputKey"]
        outputs = dict(zip(names, (text for tag, text in texts if tag == "OutputValue"), strict=True))
        self._repository = repository
        for name, arn in outputs.items():
            words = re.findall(r"[A-Z][a-z]+", name.removesuffix("AwsRoleArn"))
            self.roles["-".join(words).lower()] = arn
        return outputs

    def environ(self, role: str | None = None, subject: str | None = None) -> dict[str, str]:
        """The variables to run `aws` with: as the administrator, or in the role of that environment.

        The subject is the one that GitHub gives a job with it, or another. HTTPError: it may not take on the role.
        """
        keys = {"AWS_ACCESS_KEY_ID": ADMINISTRATOR, "AWS_SECRET_ACCESS_KEY": "secret"}
        if role is not None:
            keys = self.assume(self.roles[role], subject or self.subject(role))
        return {
            "PATH": aws_nursery().before(os.environ["PATH"]),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",  # nothing here fails by chance
            **keys,
        }

    def subject(self, environment: str) -> str:
        return SUBJECT.format(repository=self._repository, environment=environment)

    def assume(self, arn: str, subject: str, audience: str = "sts.amazonaws.com") -> dict[str, str]:
        token = identity(subject, audience)
        form = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": arn, "WebIdentityToken": token}
        made = self._call("sts", {**form, "RoleSessionName": "test", "Version": "2011-06-15"}, signed=False)
        found = {node.tag.rpartition("}")[2]: node.text or "" for node in made.iter()}
        return {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }

    def ask(self, role: str, method: str, path: str, body: object = None) -> Answer:
        """One request of Lambda's API, in the role of that environment: quicker than to start `aws`."""
        keys = self.environ(role)
        headers = {
            **_signed(keys["AWS_ACCESS_KEY_ID"], "lambda"),
            "X-Amz-Security-Token": keys["AWS_SESSION_TOKEN"],
            "Content-Type": "application/json",
        }
        asked = Request(f"{self.url}/2015-03-31{path}", json.dumps(body).encode(), headers, method=method)
        try:
            with urlopen(asked, timeout=30) as answer:
                return Answer(answer.status, answer.read())
        except HTTPError as refused:
            return Answer(refused.code, refused.read())

    def _call(self, service: str, form: Mapping[str, str], *, signed: bool = True) -> ET.Element:
        headers = _signed(ADMINISTRATOR, service) if signed else {}
        with urlopen(Request(self.url, urlencode(form).encode(), headers), timeout=30) as answer:
            return ET.fromstring(answer.read())

    # What tests look at, and do behind everybody's back.

    def serves(self, function: str, alias: str = "live") -> str:
        """The version that the alias points at."""
        return str(functions().get_alias(alias, function).function_version)

    def trail(self, function: str, alias: str = "live") -> str:
        """The alias's description."""
        return str(functions().get_alias(alias, function).description)

    def versions(self, function: str) -> dict[str, str]:
        """The SHA-256 of each published version's package, in hexadecimal."""
        every = functions().list_versions_by_function(function)
        return {str(each.version): str(each.code_digest) for each in every if each.version != "$LATEST"}

    def move(self, function: str, version: str, alias: str = "live") -> None:
        """As somebody else would, meanwhile."""
        found = functions().get_alias(alias, function)
        found.function_version, found.revision_id = version, str(uuid.uuid4())

    def invoke(self, function: str, payload: object = None, qualifier: str = "live") -> Answer:
        return run(functions().get_function(function, qualifier), json.dumps(payload).encode(), self._folder)

    def operations(self, role: str | None = None) -> list[str]:
        """What was asked for, by everybody or in the role of an environment; Lambda's alone."""
        asked = [each for each in self.asked if each.service == "lambda"]
        return [each.operation for each in asked if role is None or each.caller == self.roles[role]]

    # What goes wrong.

    def on(self, operation: str, hook: Hook, times: int | None = None) -> None:
        """Have `hook(asked, proceed)` answer the operation, `times` times; `proceed()` does it, and is its answer.

        Of several, the last that is left counts.
        """
        self._hooks[operation].append((hook, None if times is None else [None] * times))

    def refuse(
        self, operation: str, code: str = "AccessDeniedException", status: int = 403, times: int | None = None
    ) -> None:
        self.on(operation, lambda asked, _: error(asked, status, code, f"{operation} was refused."), times)

    def heal(self) -> None:
        """No more of that."""
        self._hooks.clear()

    # The server.

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            answer = self._answer(environ, body)
        except Exception:  # noqa: BLE001 - told as the block is left
            self.broken.append(traceback.format_exc())
            answer = Answer(500, b"")
        length = {"Content-Length": str(len(answer.body))}
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        start_response(f"{answer.status} -", list((headers | length).items()))
        return [answer.body]

    def _answer(self, environ: dict[str, Any], body: bytes) -> Answer:
        asked = asking(environ, body)
        self.asked.append(asked)
        refused = refusal(asked)
        if refused:
            return refused

        def proceed() -> Answer:
            return self._mended(asked, lambda: _pass_on(self._moto, environ))

        hooks = self._hooks[asked.operation]
        while hooks:
            hook, left = hooks[-1]
            if left is None or left:
                if left:
                    left.pop()
                answer = hook(asked, proceed)
                assert isinstance(answer, Answer)
                return answer
            hooks.pop()
        return proceed()

    def _mended(self, asked: Asked, moto: Callable[[], Answer]) -> Answer:
        """What moto answers, but for what it lacks."""
        if asked.operation == "ExecuteChangeSet":
            return execute_change_set(moto)
        if asked.operation == "UpdateAlias":
            return update_alias(asked, moto)
        if asked.operation == "PublishVersion":
            return publish_version(asked, moto)
        if asked.operation != "Invoke":
            return moto()
        try:
            function = functions().get_function(asked.function, asked.qualifier or None)
        except JsonRESTError:
            return error(asked, 404, "ResourceNotFoundException", f"Function not found: {asked.function}")
        return run(function, asked.body, self._folder)


def _pass_on(moto: Any, environ: dict[str, Any]) -> Answer:
    status: list[str] = []
    headers: dict[str, str] = {}

    def start_response(line: str, pairs: list[tuple[str, str]], *_: object) -> None:
        status.append(line)
        headers.update(pairs)

    body = b"".join(moto(environ, start_response))
    return Answer(int(status[0].split()[0]), body, headers)


def _signed(key: str, service: str) -> dict[str, str]:
    """As far as anybody looks: nobody holds a signature here."""
    scope = f"Credential={key}/20200101/{REGION}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: a test reads `asked`."""


@contextmanager
def local_aws(folder: Path) -> Iterator[LocalAWS]:
    """`folder` is where packages are unpacked to run."""
    folder.mkdir(parents=True, exist_ok=True)
    aws = LocalAWS(folder)
    aws.clear()
    server = make_server("127.0.0.1", 0, aws, threaded=True, request_handler=_Quiet)
    aws.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        aws.clear()
    assert not aws.broken, aws.broken[0]
