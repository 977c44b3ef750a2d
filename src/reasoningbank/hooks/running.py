"""A hook from standard input to exit status 0."""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import Final

from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.hooks.deadline import LIMIT_SECONDS, Deadline
from reasoningbank.hooks.given import MOST_BYTES, HookInput, read_input
from reasoningbank.hooks.log import log_folder, log_line, log_warnings_of_the_bank
from reasoningbank.hooks.notes import SessionNotes, TaskNote, clean, notes_folder
from reasoningbank.hooks.options import (
    EVENTS,
    HookOptions,
    UnreadableOptions,
    checked_options,
    options_from,
)

_READ_AT_ONCE: Final = 1024 * 1024


def run_arguments(arguments: list[str]) -> int:
    """Run the hook that a command line names, and give the exit status, which is 0."""
    try:
        options = options_from(arguments)
    except UnreadableOptions as error:
        log_line(log_folder(), "hook", str(error))
        return 0
    return run(options)


def run_named(given: dict[str, str | None]) -> int:
    """Run the hook that options name, given one by one, and give the exit status, which is 0."""
    try:
        options = checked_options({name: one for name, one in given.items() if one is not None})
    except UnreadableOptions as error:
        log_line(log_folder(), "hook", str(error))
        return 0
    return run(options)


def run(options: HookOptions) -> int:
    """Run a hook, and give the exit status, which is 0 whatever happens."""
    # Loading modules makes objects that stay; looking through them for garbage took a tenth of the time.
    gc.disable()
    # numpy would start a thread for each core, for products of matrices that are never made here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    folder = log_folder()
    deadline = Deadline(
        LIMIT_SECONDS,
        lambda: log_line(folder, options.event, f"gave up after {LIMIT_SECONDS} seconds"),
    )
    try:
        log_warnings_of_the_bank(options.event)
        handle(read_input(_standard_input()), options)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the agent goes on
        log_line(folder, options.event, f"{type(error).__name__}: {error}")
    deadline.met()
    return 0


def handle(given: HookInput, options: HookOptions) -> None:
    """Do what the event asks for.

    Raises:
        ValueError: When the input names no session.
        ReasoningBankError: For whatever is wrong with the bank.
        OSError: When the notes cannot be written.
    """
    if given.session is None:
        raise ValueError("the input names no session")
    root = notes_folder(os.environ)
    session = SessionNotes(root, given.session, given.agent)
    match EVENTS[options.event]:
        case "prompt":
            from reasoningbank.hooks.prompting import before_task

            before_task(given, options, session)
            clean(root, time.time())
        case "tool" | "failed-tool":
            _note_step(given, options, session)
        case "stop" | "end":
            from reasoningbank.hooks.recording import after_task

            after_task(given, options, session)


def _note_step(given: HookInput, options: HookOptions, session: SessionNotes) -> None:
    from reasoningbank.hooks.tool_steps import step_of

    step = step_of(given, options, format_timestamp(time.time_ns() // 1_000_000))
    if step is None:
        return
    # Without one, the plugin came in the middle of a session, or a sub-agent took its first step.
    task = session.current() or session.begin(TaskNote(prompt="", folder=given.folder))
    task.add(step)


def _standard_input() -> bytes:
    """Give what the host wrote; of far too much, enough to be seen as that, the rest read and let go."""
    pieces: list[bytes] = []
    length = 0
    stream = sys.stdin.buffer if sys.stdin is not None else None
    while stream is not None and (piece := stream.read(_READ_AT_ONCE)):
        length += len(piece)
        if length <= MOST_BYTES + _READ_AT_ONCE:
            pieces.append(piece)
    return b"".join(pieces)
