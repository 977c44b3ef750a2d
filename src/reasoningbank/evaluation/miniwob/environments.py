"""Which pages of MiniWoB++ make the test bed, and the rule that chose them.

Of the package's pages a page is left out when

1. it is a near-duplicate: it shares its name with one kept but for a word that marks a variant (`VARIANT`), or
   at least half of its instructions, with their values masked, share 0.8 of their words (Jaccard) with those
   of pages kept before it. Pages with fewer kinds of instructions come first, so a page that mixes the tasks
   of others is the one to go;
2. no strategy of the repertoire ever earned the full reward there in probe episodes with seeds of their own:
   where nothing works there is nothing to remember.

`benchmarks/miniwob_matrix/selection.json` says of every page which it was; the command
`python -m reasoningbank.evaluation.miniwob select` makes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from reasoningbank.evaluation.miniwob.instruction import masked

VARIANT = frozenset(
    ("dynamic", "easy", "hard", "large", "medium", "nl", "nodelay", "noscroll", "popup", "soft", "transfer", "turk")
)  # fmt: skip
SAME_WORDS = 0.8
SAME_SHARE = 0.5
COMMON_SHARE = 0.1  # a word in fewer of a page's instructions is a value
PROBE_SEEDS = range(5_000, 5_050)


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one page: kept, or why not."""

    environment: str
    kept: bool
    reason: str = ""


def stem(environment: str) -> str:
    """Return the name of a page without the words that mark a variant."""
    return "-".join(part for part in environment.split("-") if part not in VARIANT)


def templates(instructions: Sequence[str]) -> Counter[str]:
    """Return the kinds of instructions, values masked, with how often each occurs."""
    spread: Counter[str] = Counter()
    for instruction in instructions:
        words = re.sub(r'"[^"]*"', " ", instruction.lower())
        spread.update(set(re.findall(r"\b[^\W\d_]{2,}\b", words)))
    keep = frozenset(
        word for word, count in spread.items() if count >= COMMON_SHARE * len(instructions)
    )
    return Counter(masked(instruction, keep) for instruction in instructions)


def likeness(left: str, right: str) -> float:
    """Return the Jaccard index of the words of two masked instructions, stars left out."""
    ours, theirs = set(left.split()) - {"*", "#"}, set(right.split()) - {"*", "#"}
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0


def without_near_duplicates(instructions: Mapping[str, Sequence[str]]) -> list[Choice]:
    """Return a choice for every page by rule 1, sorted by name."""
    kinds = {name: templates(said) for name, said in instructions.items()}
    order = sorted(
        kinds, key=lambda name: (len(stem(name)) != len(name), len(kinds[name]), len(name), name)
    )
    kept: list[str] = []
    choices: list[Choice] = []
    for name in order:
        reason = _double_of(name, kept, kinds)
        choices.append(Choice(environment=name, kept=not reason, reason=reason))
        if not reason:
            kept.append(name)
    return sorted(choices, key=lambda choice: choice.environment)


def _double_of(name: str, kept: Sequence[str], kinds: Mapping[str, Counter[str]]) -> str:
    """Return why a page is a near-duplicate of pages kept before, or nothing."""
    for other in kept:
        if stem(other) == stem(name):
            return f"variant of {other}"
    shared: Counter[str] = Counter()
    for kind, count in kinds[name].items():
        best = max(
            ((likeness(kind, theirs), other) for other in kept for theirs in kinds[other]),
            default=(0.0, ""),
        )
        if best[0] >= SAME_WORDS:
            shared[best[1]] += count
    if shared.total() >= SAME_SHARE * kinds[name].total():
        return f"same instructions as {', '.join(sorted(shared))}"
    return ""


ENVIRONMENTS: tuple[str, ...] = (
    "ascending-numbers", "button-delay", "buy-ticket", "choose-date", "choose-list",
    "click-button", "click-button-sequence", "click-collapsible", "click-collapsible-2",
    "click-color", "click-dialog", "click-dialog-2", "click-link", "click-menu", "click-menu-2",
    "click-option", "click-shades", "click-shape", "click-tab", "click-tab-2", "click-test",
    "click-test-2", "click-widget", "copy-paste", "copy-paste-2", "count-shape", "drag-box",
    "drag-circle", "drag-items", "drag-items-grid", "drag-shapes", "drag-shapes-2",
    "drag-single-shape", "drag-sort-numbers", "email-inbox-delete", "email-inbox-forward",
    "email-inbox-important", "email-inbox-nl-turk", "email-inbox-reply", "enter-date",
    "enter-password", "enter-text", "enter-text-2", "enter-time", "find-greatest", "find-word",
    "focus-text", "form-sequence", "form-sequence-2", "form-sequence-3", "generate-number",
    "guess-number", "highlight-text", "identify-shape", "login-user", "multi-layouts",
    "navigate-tree", "odd-or-even", "order-food", "phone-book", "read-table", "read-table-2",
    "resize-textarea", "scroll-text", "scroll-text-2", "search-engine", "sign-agreement",
    "simple-algebra", "social-media", "social-media-all", "stock-market", "text-editor",
    "text-transform", "use-autocomplete", "use-colorwheel-2", "use-slider", "use-slider-2",
    "use-spinner", "visual-addition",
)  # fmt: skip
