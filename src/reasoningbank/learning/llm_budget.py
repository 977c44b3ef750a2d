"""What may still be asked of a model: by money, by tokens, and by calls for each experience."""

from __future__ import annotations

import threading
from typing import Final
from uuid import UUID

import msgspec

from reasoningbank.domain.lesson import Usage

_MOST_REMEMBERED: Final = 10_000


class Estimate(msgspec.Struct, frozen=True):
    """What a call may take at most, as far as can be told before it.

    Args:
        tokens: Of the question, and of the longest answer that is asked for.
        cost_usd: Their list price, or None where it is not known.
    """

    tokens: int
    cost_usd: float | None


class Budget:
    """Counts what was used and says no before a cap would be passed.

    What a call may take is set aside before it and replaced by what it took after it, so calls
    made at the same time do not pass a cap together. A call that gave no account of itself (it
    timed out, or the answer names no tokens) is counted with all that was set aside.

    Args:
        spend_cap_usd: US dollars, or None for no cap.
        token_cap: Tokens in and out, or None for no cap.
    """

    def __init__(self, spend_cap_usd: float | None, token_cap: int | None) -> None:
        self._spend_cap_usd = spend_cap_usd
        self._token_cap = token_cap
        self._lock = threading.Lock()
        self._spent = Usage()
        self._counted_tokens = 0
        self._counted_usd = 0.0

    @property
    def spent(self) -> Usage:
        """Give what the calls so far took by the provider's account."""
        return self._spent

    def set_aside(self, estimate: Estimate) -> str | None:
        """Set aside what a call may take; give why it may not be made, or None if it may."""
        with self._lock:
            tokens = self._counted_tokens + estimate.tokens
            if self._token_cap is not None and tokens > self._token_cap:
                return (
                    f"the cap of {self._token_cap:,} tokens leaves no room for another call"
                    f" ({self._counted_tokens:,} are counted, it may take {estimate.tokens:,})"
                )
            if self._spend_cap_usd is not None:
                if estimate.cost_usd is None:
                    return (
                        "the price of this model is not known, so the spending cap cannot be"
                        " held; set token_cap instead"
                    )
                if self._counted_usd + estimate.cost_usd > self._spend_cap_usd:
                    return (
                        f"the spending cap of ${self._spend_cap_usd:g} leaves no room for another"
                        f" call (${self._counted_usd:.4f} is counted, it may cost"
                        f" ${estimate.cost_usd:.4f})"
                    )
            self._counted_tokens = tokens
            self._counted_usd += estimate.cost_usd or 0.0
            return None

    def settle(self, estimate: Estimate, used: Usage, *, accounted: bool) -> None:
        """Replace what was set aside for a call by what it took, if there is an account of it."""
        with self._lock:
            self._spent = added(self._spent, used)
            if not accounted:
                return
            self._counted_tokens += used.input_tokens + used.output_tokens - estimate.tokens
            # Priced before but not after: the answer came from a model of another name.
            if used.calls and used.cost_usd is None and used.input_tokens:
                return
            self._counted_usd += (used.cost_usd or 0.0) - (estimate.cost_usd or 0.0)


class CallCounts:
    """Counts calls for each experience: over judging and distilling it, not over later retries."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._made: dict[UUID, int] = {}

    def begin(self, experience: UUID) -> None:
        """Start counting anew."""
        with self._lock:
            self._made.pop(experience, None)

    def left(self, experience: UUID) -> int:
        """Give how many calls may still be made."""
        return self.most - self._made.get(experience, 0)

    def count(self, experience: UUID) -> None:
        """Count one more."""
        with self._lock:
            self._made[experience] = self._made.pop(experience, 0) + 1
            # Experiences that were judged here and distilled elsewhere would gather without end.
            if len(self._made) > _MOST_REMEMBERED:
                del self._made[next(iter(self._made))]


def added(first: Usage, second: Usage) -> Usage:
    """Give the sum of what was used; the cost is that of the calls whose cost is known."""
    costs = [one.cost_usd for one in (first, second) if one.cost_usd is not None]
    return Usage(
        calls=first.calls + second.calls,
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cost_usd=sum(costs) if costs else None,
    )
