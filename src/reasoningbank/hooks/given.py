"""What a host tells a hook: one JSON object on standard input."""

from __future__ import annotations

from typing import Final

import msgspec

MOST_BYTES: Final = 32 * 1024 * 1024
_SHOWN: Final = 200


class HookInput(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that are used, as the hosts' documentation names them; others are passed over.

    Everything may be missing or of another type: each is looked at when it is needed.

    >>> read_input(b'{"session_id": "s", "prompt": "Fix the tests", "new_field": 1}').session
    's'
    """

    session_id: object = None
    conversation_id: object = None
    agent_transcript_path: object = None
    cwd: object = None
    workspace_roots: object = None
    prompt: object = None
    tool_name: object = None
    tool_input: object = None
    tool_response: object = None
    tool_output: object = None
    error: object = None
    error_message: object = None
    is_interrupt: object = None
    stop_hook_active: object = None
    loop_count: object = None
    agent_id: object = None
    command: object = None
    output: object = None
    duration_ms: object = None

    @property
    def session(self) -> str | None:
        """What the host calls the session, or None."""
        return _text(self.session_id) or _text(self.conversation_id)

    @property
    def agent(self) -> str:
        """What the host calls the sub-agent; empty for the main one."""
        return _text(self.agent_id) or ""

    @property
    def folder(self) -> str | None:
        """The working directory of the session, or None."""
        roots = self.workspace_roots
        first = roots[0] if isinstance(roots, list) and roots else None
        return _text(self.cwd) or _text(first)

    @property
    def continued(self) -> bool:
        """Whether the agent goes on already because a hook asked it to."""
        count = self.loop_count
        return self.stop_hook_active is True or (isinstance(count, int) and count > 0)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def read_input(content: bytes) -> HookInput:
    """Give what standard input held.

    Raises:
        ValueError: When it is no JSON object, or too large to be looked at in time.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"the input is longer than {MOST_BYTES:,} bytes")
    try:
        return msgspec.json.decode(content, type=HookInput)
    except msgspec.DecodeError:
        return _leniently_read(content)


def _leniently_read(content: bytes) -> HookInput:
    """Give an input with half of a surrogate pair in it: a host may cut an output in the middle of one."""
    import json

    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the input is no JSON: {str(error)[:_SHOWN]}") from error
    if not isinstance(found, dict):
        raise ValueError("the input is no JSON object")  # noqa: TRY004 - of the host, not the caller
    known = {name: one for name, one in found.items() if name in HookInput.__struct_fields__}
    return HookInput(**known)
