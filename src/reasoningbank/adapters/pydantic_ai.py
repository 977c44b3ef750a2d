"""A Pydantic AI capability: an agent's runs begin with what was recalled and end as experiences."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reasoningbank.adapters.missing_framework import framework_missing
from reasoningbank.adapters.run_notes import Verify, note_call, note_end, task_text
from reasoningbank.bank import AsyncReasoningBank
from reasoningbank.bank.task import Task

try:
    from pydantic_ai import RunContext
    from pydantic_ai.capabilities import (
        AbstractCapability,
        AgentCapability,
        ValidatedToolArgs,
        WrapRunHandler,
        WrapToolExecuteHandler,
    )
    from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
    from pydantic_ai.messages import ToolCallPart
    from pydantic_ai.run import AgentRunResult
    from pydantic_ai.tools import ToolDefinition
except ImportError as error:
    raise framework_missing("pydantic_ai", error) from error
