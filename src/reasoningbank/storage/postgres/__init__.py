"""The PostgreSQL engine: `open_server` gives a storage backend; `reasoningbank db` makes its tables."""
