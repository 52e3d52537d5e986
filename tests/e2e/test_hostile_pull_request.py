"""The pull request as an attacker: all that it proposes is its own, and it gets nothing for it.

What runs is what the workflow for pull requests runs, with what it gives: a reading App, the workflow's own token,
and beside them whatever else may lie around on a runner.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.app_keys import private_pem, public_pem
from support.canaries import Finder
from support.loopback import serving
from support.markdown import NASTY
from support.openapi import check_exchange
from support.runner import lines, obeyed, suspicious
from support.shell import COMMAND, Ran
from support.structure import structure

from envsync.github.links import PERMISSIONS, TEAMS
from envsync.sandbox import Sandbox
from envsync.sandbox.issue_state import Comment
from envsync.sandbox.state import SERVICE_LOGIN, WORKFLOW_LOGIN, Environment, Token, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envsync.sandbox import Exchange

REPORT_TOKEN = "ghs_7Qk2WvXz9LmTn4Rp8Yc1Bd6Gh3Js5"
SURROUNDINGS = {
    "GH_TOKEN": "ghp_uE5rT8wQ2zXc6VbN1mLk4JhG7fDs",
    "GITHUB_TOKEN": "ghs_oP9iU3yT7rEw5Qa2ZsX8dC4fV6gB",
    "ACTIONS_RUNTIME_TOKEN": "eyJhbGciOiJSUzI1NiJ9.runtime-token-3Xq",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "oidc-Hn5Mj8Kl2Po9Iu",
    "ENVSYNC_NOTIFY_URLS": "mailto://me:sW4eR7tYuIoP8aS6dF2gH4jK@10.9.8.7",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCY",
    "DB_PASSWORD": "p4ss-Zx8Cv6Bn2Mq",
}
OUTSIDE = "0utsid3-Wq7Er5Ty3Ui"
FINDER = Finder.of(
    {
        "the App's key": "\n".join(private_pem().splitlines()[12:16]).encode(),
        "the report token": REPORT_TOKEN.encode(),
        "what lies outside": OUTSIDE.encode(),
        **{name: value.split("@")[0].encode()[-28:] for name, value in SURROUNDINGS.items()},
    }
)
OUTPUTS = {"changes", "weakens", "destroys", "exit-code"}
LONGEST_COMMENT = 65_536

HEAD = "version: 1\nname: payments\nrepositories: [acme/payments]\n"


@dataclass
class Job:
    """A folder of the attacker's, and what the job has besides. Each run is looked through, all of it."""

    root: Path
    sandbox: Sandbox
    number: int
    exchanges: list[Exchange]
    environ: dict[str, str]
    given: dict[Path, bytes] = field(default_factory=dict)

    @property
    def proposed(self) -> Path:
        return self.root / "proposed"

    @property
    def trace(self) -> Path:
        """Left by whatever is run that must not be."""
        return self.root / "trace"

    def write(self, name: str, text: str, *, executable: bool = False) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if executable else 0o644)
        self.given[path] = path.read_bytes()
        return path

    def propose(self, text: str) -> None:
        self.write("proposed/environments.yaml", text)

    def link(self, name: str, target: str | Path) -> None:
        path = self.proposed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def validate(self) -> Ran:
        before = len(self.exchanges)
        ran = self.run("validate")
        assert len(self.exchanges) == before
        return ran

    def plan(self, *more: str, secrets: str = "--no-secrets") -> Ran:
        return self.run("plan", secrets, "--comment", f"acme/payments#{self.number}", "-o", "text", *more)

    def run(self, *arguments: str) -> Ran:
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.proposed,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.look_through(ran)
        return ran

    # --- what must hold of every run -----------------------------------------------------------------------

    def look_through(self, ran: Ran) -> None:
        assert "Traceback" not in ran.out + ran.err, ran.err
        assert "error[internal]" not in ran.err, ran.err
        assert not self.trace.exists()
        assert self.leaks(ran) == set()
        self.hold_log(ran)
        self.hold_outputs(ran)
        self.hold_requests()
        for comment in self.comments():
            self.hold_comment(comment)

    def leaks(self, ran: Ran) -> set[str]:
        """Looked through are output, files that were written, requests and what GitHub was told."""
        places: dict[str, bytes] = {"output": ran.out.encode(), "errors": ran.err.encode()}
        for path in self.root.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.read_bytes() != self.given.get(path):
                places[str(path)] = path.read_bytes()
        for each in self.exchanges:
            told = (each.path, each.query, each.request_headers, each.request)
            places[f"{each.method} {each.path}"] = repr(told).encode()
        return {f"{place}: {leak}" for place, content in places.items() for leak in FINDER.find(content)}

    def hold_log(self, ran: Ran) -> None:
        """A runner obeys nothing but annotations of envsync's own, about a file of its own."""
        assert not [line for line in lines(ran.out) if suspicious(line)]
        for line in lines(ran.err):
            if suspicious(line):
                command = obeyed(line)
                assert command is not None, line
                assert command.name in {"error", "warning", "notice"}
                assert command.properties["title"].startswith("envsync")
                assert re.fullmatch(r"environments\.yaml|\d+\.yaml", command.properties.get("file", "0.yaml"))
                assert "##[" not in line

    def hold_outputs(self, ran: Ran) -> None:
        """Written anew by each step: the runner reads it line by line."""
        outputs = Path(self.environ["GITHUB_OUTPUT"])
        found = dict(line.split("=") for line in outputs.read_text().splitlines())
        assert set(found) <= OUTPUTS
        assert all(value.isdecimal() for value in found.values())
        assert found["exit-code"] == str(ran.code)
        outputs.unlink()
        summary = Path(self.environ["GITHUB_STEP_SUMMARY"])
        assert summary.stat().st_size <= 1024 * 1024
        structure(summary.read_text())
        summary.unlink()

    def hold_requests(self) -> None:
        """Nothing is written but the comment: the App could not, and the token of the reports can nothing else."""
        comments = re.compile(rf"/repos/acme/payments/issues/({self.number}/comments|comments/\d+)")
        for each in self.exchanges:
            is_comment = comments.fullmatch(each.path) is not None
            assert each.method == "GET" or is_comment or each.path.endswith("/access_tokens"), each

    def hold_comment(self, comment: Comment) -> None:
        """One document, which does nothing but to show."""
        if comment.author == WORKFLOW_LOGIN:
            marker, _, rest = comment.body.partition("\n")
            assert re.fullmatch(r"<!-- envsync plan [0-9a-f]{16} -->", marker)
            assert len(comment.body) <= LONGEST_COMMENT
            structure(rest)

    def comments(self) -> list[Comment]:
        issue = self.sandbox.state.repository("acme/payments").issues[self.number]
        return list(issue.comments.values())

    def comment(self) -> str:
        (comment,) = (each for each in self.comments() if each.author == WORKFLOW_LOGIN)
        return comment.body

    def asked(self) -> set[str]:
        return {each.path for each in self.exchanges}


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    exchanges: list[Exchange] = []

    def observe(exchange: Exchange) -> None:
        exchanges.append(exchange)
        check_exchange(exchange)

    with Sandbox(observe=observe) as sandbox:
        repositories = [("acme", "payments"), ("acme", "ledger"), ("evil", "loot")]
        sandbox.seed(repositories=repositories, users=["team-lead"])
        reading = {**PERMISSIONS["reading"], **TEAMS}
        app, _ = sandbox.install_app("reader", public_key=public_pem(), owner="acme", permissions=reading)
        only_comments = {"metadata": "read", "pull_requests": "write"}
        sandbox.state.tokens[REPORT_TOKEN] = Token(
            REPORT_TOKEN, WORKFLOW_LOGIN, only_comments, repositories=["acme/payments"]
        )
        number = sandbox.open_pull_request("acme/payments", "mine")
        environ = {
            **SURROUNDINGS,
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "home"),
            "TMPDIR": str(tmp_path / "temp"),
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "acme/payments",
            "GITHUB_API_URL": sandbox.url,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "temp/summary"),
            "GITHUB_OUTPUT": str(tmp_path / "temp/output"),
            "ENVSYNC_APP_ID": str(app),
            "ENVSYNC_APP_PRIVATE_KEY": private_pem(),
            "ENVSYNC_REPORT_TOKEN": REPORT_TOKEN,
        }
        for folder in ("proposed", "home", "temp"):
            (tmp_path / folder).mkdir()
        yield Job(tmp_path, sandbox, number, exchanges, environ)


def text(value: str) -> str:
    """As YAML, whatever is in it."""
    return json.dumps(value)


# --- sources of secrets ------------------------------------------------------------------------------------


def test_no_source_is_read_and_no_command_is_run(job: Job) -> None:
    """Not even where a workflow forgets `--no-secrets`: a plan takes no value, whatever the file names."""
    job.write("proposed/steal", f"#!/bin/sh\nenv >{job.trace}\n", executable=True)
    outside = job.write("outside/secret", OUTSIDE)
    links: dict[str, str | Path] = {
        "out": outside,
        "up": "../outside/secret",
        "environ": "/proc/self/environ",
        "stdin": "/dev/stdin",
        "endless": "/dev/zero",
        "folder": "/etc",
    }
    for name, target in links.items():
        job.link(name, target)
    os.mkfifo(job.proposed / "pipe")
    commands = (["./steal"], ["touch", str(job.trace)], ["sh", "-c", f"env >{job.trace}"])
    sources = [
        *({"command": command} for command in commands),
        *({"file": name} for name in (*links, "pipe", "folder/passwd", "up/../up", "environments.yaml")),
        *({"env": name} for name in ("DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "PATH")),
    ]
    secrets = {f"S{number}": source for number, source in enumerate(sources)}
    job.propose(f"{HEAD}environments: {{qa: {{secrets: {json.dumps(secrets)}}}}}\n")

    assert job.validate().code == 0
    for how in ("--no-secrets", "--verbose"):
        ran = job.plan(secrets=how)
        assert (ran.code, "S0" in ran.out) == (0, True), ran

    assert all(f"S{number}" in job.comment() for number in range(len(sources)))


@pytest.mark.parametrize(
    "sources",
    [
        [
            {"env": name}
            for name in ("ENVSYNC_APP_PRIVATE_KEY", "ENVSYNC_REPORT_TOKEN", "GH_TOKEN", "github_token")
        ],
        [{"env": name} for name in ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "RUNNER_X")],
        [{"file": name} for name in ("/etc/passwd", "../outside/secret", "/proc/self/environ", "a/../../outside")],
        ["${ENVSYNC_APP_PRIVATE_KEY}", "${{ secrets.DB_PASSWORD }}", "$(env)", OUTSIDE],
        [{"env": "${DB_PASSWORD}"}, {"env": "${environment}_${GH_TOKEN}"}, {"command": "env"}, {"value": OUTSIDE}],
    ],
)
def test_what_is_no_source_is_said_to_be_none(job: Job, sources: list[object]) -> None:
    secrets = {f"S{number}": source for number, source in enumerate(sources)}
    job.propose(f"{HEAD}environments: {{qa: {{secrets: {json.dumps(secrets)}}}}}\n")

    validated = job.validate()

    assert validated.code == 1
    assert all(f"S{number}" in validated.err or "secrets" in validated.err for number in range(len(sources)))


FETCHING = [
    "environments: {qa: {secrets: {S: &s {env: DB_PASSWORD}}, variables: {V: *s}}}",
    "environments: {qa: {secrets: &s {S: {env: DB_PASSWORD}}, variables: {<<: *s}}}",
    "environments: {qa: {secrets: &s {S: {file: environments.yaml}}, variables: *s}}",
    'environments: {qa: {variables: {V: "${DB_PASSWORD}"}}}',
    'environments: {"${GH_TOKEN}": {variables: {V: "${{ secrets.GH_TOKEN }}"}}}',
    "environments: {qa: {variables: {V: {env: DB_PASSWORD}, W: {file: /etc/passwd}, X: {command: [env]}}}}",
    "environments: {qa: {variables: {V: !!python/object/apply:os.getenv [GH_TOKEN]}}}",
    "environments: {qa: {variables: {V: !ENV GH_TOKEN, W: !include /etc/passwd, X: !!binary R0g=}}}",
    "GITHUB_API_URL: http://evil.example\napi_url: http://evil.example\nenvironments: {qa: {}}",
    "defaults: {variables: {GITHUB_OUTPUT: x, GITHUB_ENV: /tmp/x}}\nenvironments: {qa: {}}",
]


def test_what_reads_as_if_it_fetched_a_value_is_refused(job: Job) -> None:
    """Anchors, merge keys, templates, tags."""
    names = [f"{number}.yaml" for number in range(len(FETCHING))]
    for name, part in zip(names, FETCHING, strict=True):
        job.write(f"proposed/{name}", f"{HEAD}{part}\n")

    ran = job.plan(*(argument for name in names for argument in ("-f", name)))

    assert ran.code == 1
    assert [name for name in names if f"--> {name}" not in ran.err] == []


def test_what_a_shell_would_replace_stays_as_it_is(job: Job) -> None:
    value = "$(env) `env` $GH_TOKEN %GH_TOKEN% $HOME ~ !env"
    job.propose(f'{HEAD}environments: {{"$GH_TOKEN": {{variables: {{V: {text(value)}}}}}}}\n')

    ran = job.plan()

    assert ran.code == 0
    assert f'"{value}"' in ran.out
    assert "$GH_TOKEN" in job.comment()


# --- the file that is none -----------------------------------------------------------------------------------

ELSEWHERE = {
    "a valid file": f"{HEAD}environments: {{{OUTSIDE}: {{variables: {{V: {OUTSIDE}}}}}}}\n",
    "fields": f"version: {OUTSIDE}\nname: {OUTSIDE}!\nrepositories: [{OUTSIDE}]\nenvironments: {OUTSIDE}\n",
    "dotenv": f"TOKEN={OUTSIDE}\nOTHER={OUTSIDE}: x\n",
    "environ": f"A=1\0TOKEN={OUTSIDE}\0",
}


@pytest.mark.parametrize("content", ELSEWHERE)
def test_nothing_is_shown_of_a_file_that_environments_yaml_is_a_link_to(job: Job, content: str) -> None:
    target = job.write("outside/secret", ELSEWHERE[content])
    job.link("environments.yaml", target)

    ran = job.plan()

    assert ran.code == 1
    assert "is a link to what lies outside of its folder" in ran.err
    assert "file-unreadable" in job.comment()


@pytest.mark.parametrize(
    "target", ["/proc/self/environ", "/etc/passwd", "/etc", "/dev/zero", "/dev/stdin", "pipe", "gone"]
)
def test_nothing_is_read_of_what_is_no_file_of_the_pull_requests(job: Job, target: str) -> None:
    os.mkfifo(job.proposed / "pipe")
    job.link("environments.yaml", target)

    ran = job.validate()

    assert ran.code == 1
    assert "root:" not in ran.out + ran.err
    assert " | " not in ran.err  # no line of it


def test_in_a_repository_a_link_may_lead_to_another_folder_of_it(job: Job) -> None:
    (job.proposed / ".git").mkdir()
    job.write("proposed/shared/qa.yaml", f"{HEAD}environments: {{qa: {{}}}}\n")
    job.link("environments.yaml", "shared/qa.yaml")

    assert job.plan().code == 0

    job.link("shared/qa.yaml", job.write("outside/qa.yaml", ELSEWHERE["a valid file"]))
    assert "outside of its repository" in job.plan().err


# --- what lies beside it -------------------------------------------------------------------------------------


def test_nothing_is_imported_or_configured_from_the_folder(job: Job) -> None:
    """Whatever Python, pip, git, gh, requests or a shell would take from where they stand."""
    spring = f"open({str(job.trace)!r}, 'w').write('imported')\nraise SystemExit\n"
    modules = (
        "sitecustomize",
        "usercustomize",
        "yaml",
        "github",
        "requests",
        "jwt",
        "click",
        "encodings",
        "nacl",
        "_ssl",
    )
    for name in modules:
        job.write(f"proposed/{name}.py", spring)
    for name in ("envsync", "envsync/cli", "rich", "urllib3", "cryptography", "jsonschema", "site-packages"):
        job.write(f"proposed/{name}/__init__.py", spring)
    job.write("proposed/envsync/__main__.py", spring)
    job.write("proposed/evil.pth", f"import os; os.system('touch {job.trace}')\n")
    job.write("proposed/pyvenv.cfg", "home = .\ninclude-system-site-packages = true\n")
    job.write("proposed/.netrc", "machine 127.0.0.1 login evil password evil\n")
    for name in ("pip.conf", "setup.cfg", "pyproject.toml", ".env", ".envrc", ".gitconfig", "PyGithub.cfg"):
        job.write(f"proposed/{name}", f"[tool]\nGITHUB_API_URL=http://evil.example\nX=$(touch {job.trace})\n")
    for name in ("gh", "git", "sh", "python3", "envsync.sh"):
        job.write(f"proposed/{name}", f"#!/bin/sh\ntouch {job.trace}\n", executable=True)
    job.write("proposed/.envsync/reported.json", "{}")
    job.write("proposed/.envsync/config.yaml", "api_url: http://evil.example\n")
    job.propose(f"{HEAD}environments: {{qa: {{variables: {{V: x}}}}}}\n")

    assert job.validate().code == 0
    ran = job.plan()

    assert (ran.code, "+ qa" in ran.out) == (0, True)


@pytest.mark.parametrize("files", [["a" * (1024 * 1024 + 1)], ["[" * 20_000], ["- " * 5000], None])
def test_a_file_that_is_too_much_is_refused_at_once(job: Job, files: list[str] | None) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    job.propose(files[0] if files else HEAD + bomb)

    assert job.validate().code == 1
    assert job.plan().code == 1
    assert len(job.comment()) <= LONGEST_COMMENT


# --- where the App is sent -----------------------------------------------------------------------------------


NO_REPOSITORIES = [
    "acme/..",
    "../user",
    "acme/../../user",
    "acme/payments/../../evil/loot",
    "acme/payments?x=1",
    "acme/payments#x",
    "acme/%2e%2e",
    "evil.example/acme/payments",
    "https://evil.example/acme/payments",
    "//evil.example/payments",
    "acme\\payments",
    "@evil.example/acme",
    "acme/payments\r\nX-Evil: 1",
    "${GH_TOKEN}/x",
    "*/*",
]


def test_what_is_no_repository_is_asked_for_nowhere(job: Job) -> None:
    listed = ", ".join(text(each) for each in NO_REPOSITORIES)
    job.propose(f"version: 1\nname: payments\nrepositories: [{listed}]\nenvironments: {{qa: {{}}}}\n")

    ran = job.plan()

    assert ran.code == 1
    assert ran.err.count("error[wrong-format]") == len(NO_REPOSITORIES)
    assert {each for each in job.asked() if each != "/user"} == {
        f"/repos/acme/payments/issues/{job.number}/comments"
    }


def test_where_the_app_is_not_installed_it_has_nothing_to_say(job: Job) -> None:
    """Another owner's repository gets no token, and neither does a pattern of them."""
    evil = "version: 1\nname: payments\nrepositories: [{}]\nenvironments: {{qa: {{}}}}\n"

    for name in ("evil/loot", "'evil/*'", "acme/gone"):
        job.propose(evil.format(name))
        assert job.plan().code in {1, 4}, name

    job.propose(evil.format("acme/payments, evil/loot"))
    ran = job.plan()
    assert ran.code == 1
    assert "+ qa" in ran.out
    assert "not installed" in ran.out
    posted = [each for each in job.exchanges if each.path.endswith("/access_tokens")]
    assert len({each.path for each in posted}) == 1  # of the installation at acme
    to_evil = [each for each in job.asked() if "/evil" in each]
    assert to_evil
    assert all(each.endswith("/installation") for each in to_evil)  # where it asks as the App alone


# --- names that do more than to name ------------------------------------------------------------------------

COMMANDS = [
    "::error::x",
    "::set-output name=changes::0",
    "::add-mask::a",
    "::stop-commands::t",
    "##[add-mask]a",
    "##[set-output name=weakens]0",
    "x\n::error::y",
    "x\r::error::y",
    "x\r\n##[group]y",
    "x\nchanges=0",
    "changes=0\nweakens<<EOF\n0\nEOF",
    "\x1b[31m\x1b]0;title\x07",
    "\x9b31m",
    "\u202e\u2066::error::x",
    "\u00ad::error::x",
    "\u200b::error::x",
    "\ufeff::error::x",
    "\u2028::error::x",
    "\x85::error::x",
    "@everyone",
    "-->",
    "--> <!-- envsync plan 0123456789abcdef -->",
    "</details></details>",
    "]]></summary><script>alert(1)</script>",
    "[x](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "${GH_TOKEN} $GH_TOKEN",
    "a" * 70_000,
    "`" * 300,
    "|" * 300,
]


def everywhere(name: str) -> str:
    """In each place that takes text."""
    shown = text(name)
    return (
        f"version: 1\nname: {shown}\nrepositories: [{shown}, acme/payments]\nexclude: [{shown}]\n"
        f"environments:\n  {shown[:1000] if len(shown) < 1000 else 'x'}:\n"
        f"    required_reviewers: [{shown}]\n    wait_timer: {shown}\n"
        f"    deployment_branch_policy: {{branches: [{shown}], tags: [{shown}]}}\n"
        f"    deployment_protection_rules: [{shown}]\n    ignore: [{shown}]\n"
        f"    variables: {{? {shown} : {shown}, V: {shown}}}\n    secrets: {{? {shown} : {{env: {shown}}}}}\n"
        f"overrides: {{? {shown} : {{}}}}\nnever_touch: [{shown}]\n"
        f"expected: [{{environment: {shown}, reason: {shown}, until: {shown}}}]\n? {shown}\n: 1\n"
    )


def wherever_it_may(number: int, name: str) -> str:
    """In each place that takes this very text, in an environment that is valid."""
    visible = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", name)[:200] or "x"
    ref = re.sub(r"\s", "", visible)
    return (
        f"  {text(f'{visible}{number}')}:\n"
        f"    deployment_branch_policy: {{branches: [{text(f'{ref}{number}')}]}}\n"
        f"    variables: {{V: {text(name[:10_000])}}}\n"
    )


def test_what_is_wrong_with_hostile_names_can_be_told(job: Job) -> None:
    """Each of them everywhere, in a file that is wrong all over."""
    hostile = [*COMMANDS, *(each for each in NASTY if each not in COMMANDS and "\ud800" not in each)]
    for at, name in enumerate(hostile):
        job.write(f"proposed/{at}.yaml", everywhere(name))

    ran = job.plan(*(argument for at in range(len(hostile)) for argument in ("-f", f"{at}.yaml")))

    assert ran.code == 1
    assert len(re.findall(r"^error\[", ran.err, re.MULTILINE)) > 1000
    assert re.search(r"Findings: \d+ of \d+ findings", job.comment())


def test_an_annotation_is_one_and_says_what_was_meant(job: Job) -> None:
    """GitHub shows ten, so there are ten."""
    names = [
        "a/b\n::error title=envsync::x",
        "a/b\r::error title=envsync::x",
        "a/b\r\n::set-output name=changes::0",
        "::error title=envsync::a/b",
        "##[set-output name=changes]0",
        "a/b%0A::error::x",
        "a/b,line=7,file=/etc/passwd",
        "a/b::x",
        "\u00ad::error::a/b",
        "\x1b[31m##[group]a/b",
    ]
    listed = "".join(f"- {text(each)}\n" for each in names)
    job.propose(f"version: 1\nname: payments\nrepositories:\n{listed}environments: {{qa: {{}}}}\n")

    ran = job.validate()

    found = [command for line in lines(ran.err) if (command := obeyed(line))]
    assert [(each.name, each.properties["line"]) for each in found] == [("error", str(at)) for at in range(4, 14)]
    assert {each.properties["file"] for each in found} == {"environments.yaml"}
    assert "a/b%0A::error::x" in found[5].data


def expecting(names: list[str]) -> str:
    reasons = [re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", each)[:400].strip() or "x" for each in names]
    entries = [f"{{environment: x, reason: {text(each)}, until: 2020-01-01}}" for each in reasons[:100]]
    return f"expected: [{', '.join(entries)}]\n"


def hostile_names() -> list[str]:
    plain = [each for each in (*COMMANDS, *NASTY) if each and "\ud800" not in each and "${" not in each]
    return [each.replace("\x00", "") for each in plain]


def test_names_that_are_valid_are_shown_and_nothing_else(job: Job) -> None:
    names = hostile_names()
    parts = "".join(wherever_it_may(number, name) for number, name in enumerate(names))
    job.propose(f"{HEAD}environments:\n{parts}{expecting(names)}")

    assert job.validate().code == 0
    ran = job.plan()
    again = job.plan()

    assert (ran.code, again.out) == (0, ran.out)
    assert len(re.findall(r"^  \+ ", ran.out, re.MULTILINE)) == len(names)
    assert "`@everyone" in job.comment()  # shown, in code


def test_names_on_github_are_no_better(job: Job) -> None:
    """Who may push workflows names environments, and who may edit them chooses the values of variables."""
    now = "2026-01-01T00:00:00Z"
    repository = job.sandbox.state.repository("acme/payments")
    qa = Environment(job.sandbox.state.new_id(), "qa", now, now)
    for number, name in enumerate(hostile_names()):
        shown = f"{name[:200]}{number}"
        environment = Environment(job.sandbox.state.new_id(), shown, now, now)
        repository.environments[shown.casefold()] = environment
        qa.variables[f"V{number}"] = Variable(f"V{number}", name[:5000], now, now)
    repository.environments["qa"] = qa
    variables = "".join(f"V{number}: x, " for number in range(0, len(hostile_names()), 2))
    job.propose(f"{HEAD}prune: true\nenvironments: {{qa: {{prune: true, variables: {{{variables}}}}}}}\n")

    ran = job.plan("--verbose")

    assert ran.code == 0
    assert "delete" in ran.out
    assert "`@everyone" in job.comment()


def test_a_plan_that_is_too_long_is_cut_and_what_weakens_is_kept(job: Job) -> None:
    job.sandbox.state.repository("acme/payments").environments["zz-gate"] = Environment(
        1, "zz-gate", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
    )
    job.sandbox.state.environment("acme/payments", "zz-gate").protection.wait_timer = 30
    many = "".join(f"  aa{number:03}: {{variables: {{V: {text('`|<b>@x' * 300)}}}}}\n" for number in range(300))
    job.propose(f"{HEAD}environments:\n{many}  zz-gate: {{}}\n")

    assert job.plan().code == 0

    assert 60_000 < len(job.comment()) <= LONGEST_COMMENT
    assert job.comment().index("zz-gate") < job.comment().index("aa0")


# --- the comment ---------------------------------------------------------------------------------------------


def test_a_persons_comment_is_not_taken_for_envsyncs_whatever_it_carries(job: Job) -> None:
    job.propose(f"{HEAD}environments: {{qa: {{}}}}\n")
    job.plan()
    (own,) = job.comments()
    issue = job.sandbox.state.repository("acme/payments").issues[job.number]
    for number, author in ((1, "team-lead"), (2, SERVICE_LOGIN)):
        issue.comments[number] = Comment(number, author, own.body.replace("qa", "nothing"), own.created_at, "2026")
        issue.comments[number].updated_at = own.updated_at

    job.propose(f"{HEAD}environments: {{qa: {{}}, next: {{}}}}\n")
    job.plan()

    assert [each.author for each in job.comments()].count(WORKFLOW_LOGIN) == 1
    assert issue.comments[own.id].body.count("next") > 0
    assert "nothing" in issue.comments[1].body
    assert "nothing" in issue.comments[2].body


def test_a_file_that_is_wrong_is_told_though_there_can_be_no_comment(job: Job) -> None:
    job.sandbox.state.tokens[REPORT_TOKEN].permissions = {"metadata": "read"}
    job.propose("version: 2\n")

    ran = job.plan()

    assert ran.code == 1
    assert "error[missing-key]" in ran.err
    assert "error[not-permitted]" in ran.err or "403" in ran.err


# --- a pull request of a fork --------------------------------------------------------------------------------


def of_a_fork(job: Job, address: str) -> None:
    for name in ("ENVSYNC_APP_ID", "ENVSYNC_APP_PRIVATE_KEY", "ENVSYNC_REPORT_TOKEN"):
        del job.environ[name]
    job.environ["GITHUB_API_URL"] = address


def test_a_forks_file_makes_envsync_ask_nobody(job: Job) -> None:
    job.write("proposed/steal", f"#!/bin/sh\nenv >{job.trace}\n", executable=True)
    job.propose(
        f"{HEAD}environments: {{qa: {{secrets: {{S: {{command: [./steal]}}, T: {{env: DB_PASSWORD}}}}}}}}\n"
    )
    with serving() as server:
        of_a_fork(job, server.address)

        assert job.validate().code == 0
        ran = job.run("plan", "--sandbox", "--no-secrets")

        assert (ran.code, server.seen, job.exchanges) == (0, [], [])
    assert "nothing was compared with GitHub" in ran.out
    assert job.comments() == []


def link_folder(job: Job) -> None:
    job.link(".envsync", "../outside")


def link_sandbox(job: Job) -> None:
    job.link(".envsync/sandbox", "../../outside")


def link_lock(job: Job) -> None:
    job.link(".envsync/sandbox/lock", "../../../outside/precious.json")


def link_ignore(job: Job) -> None:
    job.link(".envsync/sandbox/.gitignore", "../../../outside/new")


def link_state(job: Job) -> None:
    job.link(".envsync/sandbox/accounts.json", "/dev/zero")


def link_repository(job: Job) -> None:
    job.link(".envsync/sandbox/repositories/acme", "../../../../outside")


@pytest.mark.parametrize(
    "prepare", [link_folder, link_sandbox, link_lock, link_ignore, link_state, link_repository]
)
def test_the_sandbox_writes_to_nothing_that_a_checkout_leads_it_to(
    job: Job, prepare: Callable[[Job], None]
) -> None:
    precious = job.write("outside/precious.json", OUTSIDE)
    job.propose(f"{HEAD}environments: {{qa: {{}}}}\n")
    prepare(job)
    of_a_fork(job, "http://127.0.0.1:9")

    ran = job.run("plan", "--sandbox", "--no-secrets")

    assert "error[sandbox-not-its-own]" in ran.err
    assert ran.code == 1
    assert precious.read_text() == OUTSIDE
    assert list((job.root / "outside").iterdir()) == [precious]


def test_a_state_that_a_checkout_brings_is_the_sandboxs_or_refused(job: Job) -> None:
    """A pipe would be waited for; text of somebody else's is not shown."""
    job.propose(f"{HEAD}environments: {{qa: {{}}}}\n")
    job.write("proposed/.envsync/sandbox/accounts.json", '{"::error::x\\n": "\\u001b[31m##[group]"}')
    of_a_fork(job, "http://127.0.0.1:9")

    assert "sandbox-state-damaged" in job.run("plan", "--sandbox", "--no-secrets").err

    (job.proposed / ".envsync/sandbox/accounts.json").unlink()
    os.mkfifo(job.proposed / ".envsync/sandbox/accounts.json")
    assert "sandbox-not-its-own" in job.run("plan", "--sandbox", "--no-secrets").err
