"""The documented limits, one number per field. Text lengths are UTF-8 bytes."""

from __future__ import annotations

from typing import Final

NAMESPACE_BYTES: Final = 256
CATEGORY_BYTES: Final = 256
TASK_DESCRIPTION_BYTES: Final = 16_384
STRATEGY_BYTES: Final = 65_536
TITLE_BYTES: Final = 512
TAG_BYTES: Final = 128
TAGS: Final = 64
METADATA_BYTES: Final = 1_048_576
METADATA_DEPTH: Final = 32
EVIDENCE_BYTES: Final = 65_536
IDEMPOTENCY_KEY_BYTES: Final = 256
ACTOR_BYTES: Final = 256
QUERY_BYTES: Final = 65_536
RESULTS: Final = 10_000
"""The largest ``limit`` or ``top_k`` one call may ask for."""

SAFE_INTEGER: Final = 2**53 - 1
"""The largest integer every JSON reader keeps exactly (RFC 7493, section 2.2)."""

IMPORT_LINE_BYTES: Final = 8_388_608
"""The longest line accepted from a file to import; the largest pattern is well below it."""

RESTORE_LINE_BYTES: Final = 1_073_741_824
"""The longest line accepted from a file to restore: a pattern's history holds every value it had."""

STEPS: Final = 10_000
"""The most steps one trajectory may have."""

STEP_TEXT_BYTES: Final = 262_144
"""The longest action, observation, error or thought of one step."""

TRAJECTORY_BYTES: Final = 16_777_216
"""The most that the steps of one trajectory may have as JSON."""

ORIGIN_BYTES: Final = 4_096
NOTE_BYTES: Final = 65_536
REASON_BYTES: Final = 4_096
REASONS: Final = 32
"""The most reasons one verdict may give."""

TRAJECTORY_LINE_BYTES: Final = 67_108_864
"""The longest line accepted from a file of trajectories; the largest trajectory is well below it."""
