"""What `envsync doctor` may have found: a healthy set-up, one that is not, and many at once."""

from __future__ import annotations

from envsync.plan.checkup import Check, Checkup, Status, Topic

SETTINGS = "https://github.com/acme/payments/settings/environments"
HEALTHY = Checkup(
    (
        Check(Topic.CREDENTIAL, "credential", Status.PASS, None, "`GH_TOKEN` is a fine-grained token of ann's"),
        Check(Topic.SERVER, "clock", Status.PASS, None, "the clock here is right"),
        Check(Topic.REPOSITORY, "archived", Status.PASS, "acme/payments", "acme/payments is public"),
    )
)
SICK = Checkup(
    (
        Check(Topic.RECORD, "record-key", Status.WARN, None, "there is no record key", "set `ENVSYNC_RECORD_KEY`"),
        *HEALTHY.checks,
        Check(
            Topic.REVIEWERS,
            "reviewer-access",
            Status.FAIL,
            "acme/payments",
            "carol may review deployments to production in environments.yaml, and has no access to acme/payments, "
            "so GitHub would drop her and not say so",
            "give carol read access to the repository, or name somebody else under `required_reviewers`",
            "https://github.com/acme/payments/settings/access?query=carol&and=much+that+nobody+may+fold",
        ),
        Check(
            Topic.ENVIRONMENTS,
            "unprotected",
            Status.WARN,
            "acme/payments",
            "the environment preview is in no file, and nothing protects it",
            "declare it, or delete it",
            SETTINGS,
        ),
        Check(
            Topic.PERMISSIONS,
            "permission-writing",
            Status.NOTE,
            "acme/payments",
            "Environments: write shows only when it is written",
        ),
        Check(Topic.CHECKLIST, "rollback-tested", Status.PASS, "acme/payments", "a rollback succeeded"),
    )
)


def _of(number: int, check: Check) -> Check:
    """The same of another repository; what failed, failed in the third alone."""
    name = f"acme/service-{number}"
    said = check.said.replace("acme/payments", name)
    if check.status is Status.FAIL and number != 2:
        return Check(check.topic, check.code, Status.PASS, name, "every reviewer has access")
    link = check.link and check.link.replace("acme/payments", name)
    return Check(check.topic, check.code, check.status, name, said, check.next_step, link)


MANY = Checkup(
    (
        *(each for each in SICK.checks if each.repository is None),
        *(_of(number, each) for number in range(5) for each in SICK.checks if each.repository),
    )
)
NONE = Checkup(())
EXAMPLES = {"healthy": HEALTHY, "sick": SICK, "many": MANY, "none": NONE}
