"""Made-up tasks and strategies for measuring: the same on every machine, and any of them by its number.

A pattern is put together from clauses of software work, so that words repeat as they do in real
banks: about 15 words of task, about 60 of strategy, twenty categories of Zipf sizes. No text is
taken from a real bank, so a report can be shown to anybody.
"""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

from reasoningbank.domain.pattern import PatternInput

CORPUS_VERSION: Final = 1
"""Part of the name of every cached file made from these texts; raise it when a text changes."""

_OBJECTS: Final[dict[str, tuple[str, ...]]] = {
    "backend": ("login endpoint", "rate limiter", "webhook receiver", "session middleware", "upload handler", "pagination cursor"),
    "testing": ("flaky integration test", "snapshot suite", "fixture factory", "property test", "coverage gate", "mocked clock"),
    "database": ("foreign key migration", "slow report query", "connection pool", "partial index", "nightly vacuum", "audit table"),
    "frontend": ("checkout form", "virtual list", "dark theme", "date picker", "focus trap", "image gallery"),
    "debugging": ("memory leak", "deadlock", "null pointer crash", "wrong time zone", "off-by-one error", "lost update"),
    "devops": ("blue-green deployment", "container image", "terraform state", "log shipper", "autoscaling rule", "release pipeline"),
    "security": ("token rotation", "cross-site request check", "password reset link", "dependency audit", "access log", "secret scanner"),
    "performance": ("hot loop", "cold start", "cache stampede", "garbage collector pause", "serialisation step", "startup import"),
    "data": ("csv importer", "event stream", "deduplication job", "schema registry", "late arriving rows", "parquet export"),
    "documentation": ("getting started page", "changelog entry", "api reference", "architecture decision", "migration guide", "error catalogue"),
    "refactoring": ("god object", "circular import", "feature flag", "copied validation", "global state", "long parameter list"),
    "mobile": ("push notification", "offline sync", "deep link", "camera permission", "battery drain", "app store build"),
    "networking": ("retry policy", "keep-alive timeout", "certificate renewal", "dns cache", "proxy header", "websocket reconnect"),
    "machine-learning": ("training loop", "feature store", "evaluation harness", "label noise", "model registry", "inference batch"),
    "search": ("synonym list", "relevance score", "autocomplete index", "spelling correction", "facet counter", "stop word filter"),
    "billing": ("invoice rounding", "proration rule", "refund flow", "tax lookup", "dunning email", "currency conversion"),
    "accessibility": ("screen reader label", "contrast ratio", "keyboard shortcut", "skip link", "caption track", "live region"),
    "release": ("version bump", "signed tag", "rollback plan", "canary check", "release note", "package upload"),
    "support": ("customer report", "log bundle", "status page", "known issue list", "escalation rule", "reproduction script"),
    "planning": ("estimate", "dependency map", "milestone", "risk list", "scope cut", "handover note"),
}  # fmt: skip
_ACTIONS: Final = (
    "Fix the", "Add a", "Replace the", "Speed up the", "Find out why we lost the", "Write tests for the",
    "Make the team trust the", "Roll back the", "Move the", "Simplify the", "Review the", "Monitor the",
    "Split the", "Harden the", "Reproduce the failing", "Clean up the", "Configure the", "Extend the",
)  # fmt: skip
_PLACES: Final = (
    "in the payment service", "of the mobile client", "for the internal dashboard", "behind the public api",
    "in the staging cluster", "of the reporting job", "for guest accounts", "in the monorepo", "on windows runners",
    "for the german tenant", "in the legacy module", "of the message broker", "for the admin console",
    "in the command line tool", "of the partner integration", "on the build server",
)  # fmt: skip
_CIRCUMSTANCES: Final = (
    "after the upgrade broke it twice", "because users report random timeouts", "while traffic keeps growing",
    "although nobody has touched it since spring", "when two workers run at once", "now that the vendor changed its format",
    "because the audit asks for evidence", "after a colleague left", "when the network is slow", "since the cache was removed",
    "before the contract ends", "because costs doubled last month", "when the disk fills up", "after the merge of both teams",
    "although all checks are green", "because the nightly run takes hours",
)  # fmt: skip
_CONSTRAINTS: Final = (
    "without downtime", "within {n} minutes", "for at most {n} users", "before release {n}", "keeping old clients working",
    "with no new dependency", "and show that it holds", "on a budget of {n} hours", "for ticket {n}", "in small steps",
    "without reading production data", "and leave a way back",
)  # fmt: skip
_STEPS: Final = (
    "Start by reproducing the {thing} with the smallest input that still shows it.",
    "Write down what you expect before you run anything, then compare.",
    "Change one thing at a time and measure after every change.",
    "Read the logs of the hour before the first report, not only of the failure.",
    "Put the new {thing} behind a flag that can be turned off without a deployment.",
    "Keep the old path until the new one has carried real traffic for {n} days.",
    "Add a test that fails today and passes only with the fix.",
    "Ask who else depends on the {thing} and tell them before you merge.",
    "Prefer removing code to adding another special case.",
    "Check the boundary values: empty, one, the maximum, and one more than the maximum.",
    "Bisect the history with a script when there are more than {n} candidates.",
    "Make the operation idempotent, so that a retry cannot do it twice.",
    "Set a timeout on every call that leaves the process, and handle it.",
    "Watch the error rate and the tail latency for {n} minutes after the roll-out.",
    "If the numbers get worse, roll back first and look for the reason afterwards.",
    "Take a backup and restore it somewhere else before you touch the {thing}.",
    "Look at the query plan instead of guessing which index is used.",
    "Record the decision and the alternatives you rejected next to the code.",
    "Limit the batch to {n} rows, so that locks stay short.",
    "You notice that it went wrong when the {thing} disagrees with the source of truth.",
    "Run the check on a machine that has never seen the project.",
    "Leave a comment that says why, with the measurement that convinced you.",
    "Finish by deleting the flag, the old path and the tests that only covered them.",
    "Pair with somebody who has repaired the {thing} before.",
)  # fmt: skip
_QUESTIONS: Final = (
    "how do I deal with a {thing} {place} {circumstance}",
    "the {thing} {place} needs work {circumstance}",
    "somebody must look at the {thing} {place}, it went wrong {circumstance}",
)
_SHARE_WITH_CONSTRAINT: Final = 0.4
_STEPS_IN_STRATEGY: Final = 5

CATEGORIES: Final = tuple(_OBJECTS)
_SHARES: Final = tuple(accumulate(1 / rank for rank in range(1, len(CATEGORIES) + 1)))


def pattern(number: int) -> PatternInput:
    """Give the pattern of that number; no two numbers below some millions give equal patterns."""
    random = Random(number)  # noqa: S311 - reproducible, not secret
    category = _category(random)
    thing = random.choice(_OBJECTS[category])
    limit = str(random.randint(2, 9999))
    task = (
        f"{random.choice(_ACTIONS)} {thing} {random.choice(_PLACES)} "
        f"{random.choice(_CIRCUMSTANCES)}"
    )
    if random.random() < _SHARE_WITH_CONSTRAINT:
        task += ", " + random.choice(_CONSTRAINTS).replace("{n}", limit)
    steps = " ".join(random.sample(_STEPS, _STEPS_IN_STRATEGY))
    return PatternInput(
        task_description=task,
        task_category=category,
        strategy=f"{steps} Case {number}.".replace("{thing}", thing).replace("{n}", limit),
        success_score=random.randint(0, 100) / 100,
        duration_seconds=float(random.randint(1, 3600)),
        tags=(random.choice(CATEGORIES),),
    )


def query(number: int) -> str:
    """Give a task worded unlike the stored ones, about things they are about."""
    random = Random(f"query {number}")  # noqa: S311 - reproducible, not secret
    return random.choice(_QUESTIONS).format(
        thing=random.choice(_OBJECTS[_category(random)]),
        place=random.choice(_PLACES),
        circumstance=random.choice(_CIRCUMSTANCES),
    )


def unseen_words(number: int, count: int = 15) -> str:
    """Give a text of words that occur nowhere else: what an embedder has never met."""
    random = Random(f"unseen {number}")  # noqa: S311 - reproducible, not secret
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(random.choices(letters, k=random.randint(4, 9))) for _ in range(count))


def _category(random: Random) -> str:
    return CATEGORIES[bisect(_SHARES, random.random() * _SHARES[-1])]
