"""Who takes part: what is installed, what drives it, and what a reader must know of its promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Language = Literal["python", "node"]

BANK = "bank"
BANK_MCP = "bank-mcp"


class Contestant(NamedTuple):
    """One store under measurement.

    Args:
        name: In results and on the command line.
        title: In tables.
        environment: The folder under `build/peers` that it runs in; those that need the same packages share one.
        packages: What is installed there; a dot stands for this checkout.
        driver: The file in `drivers/`, and what it is given after the rows and the environment.
        keeps: What a store has done when it returns, by its own documentation or code.
        rival: The contestant of ours it is compared with.
        remark: What else is unequal.
    """

    name: str
    title: str
    environment: str
    packages: Sequence[str]
    driver: Sequence[str]
    keeps: str
    rival: str = BANK
    remark: str = ""

    @property
    def language(self) -> Language:
        return "python" if self.driver[0].endswith(".py") else "node"


_FLOW = ("agentic-flow@1.7.3",)
_MCP = ("@modelcontextprotocol/server-memory@2026.8.31", "@modelcontextprotocol/sdk@1.32.2")

CONTESTANTS = (
    Contestant(
        BANK, "ReasoningBank", "reasoningbank", (".",), ("with_bank.py", "normal"),
        keeps='one transaction, committed to the write-ahead log (`durability="normal"`)',
    ),
    Contestant(
        "bank-full", "ReasoningBank, durability full", "reasoningbank", (".",), ("with_bank.py", "full"),
        keeps="the same, synced to the disk before the call returns",
    ),
    Contestant(
        "numpy", "a matrix and two files", "numpy", ("numpy",), ("with_numpy.py",),
        keeps="appended to both files and flushed, one after the other",
        remark="no locks, checks, transactions or second process; what a program writes in an afternoon",
    ),
    Contestant(
        "sqlite-vec", "SQLite with sqlite-vec, by hand", "sqlite-vec", ("sqlite-vec==0.1.9", "apsw"), ("with_sqlite_vec.py",),
        keeps="one transaction, committed to the write-ahead log (`synchronous=NORMAL`)",
        remark="exact search, float32",
    ),
    Contestant(
        "chromadb", "Chroma", "chromadb", ("chromadb==1.5.9",), ("with_chromadb.py",),
        keeps="committed to its SQLite log; the graph of vectors is brought up to it later",
        remark="approximate search (HNSW), float32; its own embedder is a download, so it has no search by text here",
    ),
    Contestant(
        "mem0", "mem0 without a model", "mem0", ("mem0ai==2.2.1",), ("with_mem0.py",),
        keeps="committed to Qdrant's local SQLite file, then its history to another",
        remark="`infer=False`; exact search; with a model it would ask one for each memory",
    ),
    Contestant(
        "langgraph", "LangGraph's SqliteStore", "langgraph", ("langgraph-checkpoint-sqlite==3.1.2",), ("with_langgraph.py",),
        keeps="committed to SQLite in its write-ahead log",
        remark="exact search by sqlite-vec, float32",
    ),
    Contestant(
        "agentdb", "agentdb", "agentdb", ("agentdb@1.6.1",), ("agentdb.mjs",),
        keeps="nothing on disk: the file is written by `save()` or on closing",
        remark="exact search, float32; a category is a filter of its search, not a search of its own",
    ),
    Contestant(
        "agentdb-saved", "agentdb, `save()` after each store", "agentdb", ("agentdb@1.6.1",), ("agentdb.mjs", "saved"),
        keeps="the whole database written over its file, not synced",
    ),
    Contestant(
        "agentic-flow", "agentic-flow (Node)", "agentic-flow", _FLOW, ("agentic_flow.mjs",),
        keeps="two transactions in the write-ahead log of better-sqlite3, pattern and vector apart",
        remark="its vectors are hashes of the whole text; a category search gives all rows with their vectors; no get",
    ),
    Contestant(
        "agentic-flow-wasm", "agentic-flow (WebAssembly)", "agentic-flow", _FLOW, ("agentic_flow_wasm.mjs",),
        keeps="nothing: it is in memory only",
        remark="its vectors are the bytes of the text; looks at 1,000 rows of a category at most",
    ),
    Contestant(
        BANK_MCP, "ReasoningBank over MCP", "reasoningbank-mcp", (".[mcp]",), ("mcp_servers.mjs", "ours"),
        keeps="as ReasoningBank", rival=BANK_MCP,
        remark="through the official client, over standard input and output",
    ),
    Contestant(
        "server-memory", "official MCP memory server", "server-memory", _MCP, ("mcp_servers.mjs", "theirs"),
        keeps="the whole JSON lines file written anew, not synced", rival=BANK_MCP,
        remark="through the same client; its search is by substring, its category search gives all that contain the word",
    ),
)  # fmt: skip

OPERATIONS = {
    "get": "get by id",
    "category": "category, limit 10",
    "similar_5": "similar, top 5, vector given",
    "similar_10": "similar, top 10, vector given",
    "similar_text": "similar, top 5, from text",
    "similar_text_in_category": "similar, top 5, from text, in a category",
    "store": "store one, vector given",
    "store_text": "store one, from text",
    "store_thousand": "store 1,000 in one call, per row",
}
FOOTPRINT = {
    "open_ms": "open and get one, fresh process, ms",
    "first_similar_ms": "first search in it, ms",
    "resident_mb": "memory then, MB",
    "bytes_per_row": "bytes on disk, per row",
    "recall_at_10": "recall@10 against exact",
}
