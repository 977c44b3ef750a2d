"""The door for editors: what runs when an agent is given a task, uses a tool, and stops.

`reasoningbank hook EVENT` reads one JSON object from standard input and ends with status 0 whatever
happens: a hook that fails must not stop an agent. What went wrong is a line in a log file. Nothing is
printed but JSON for the host, and nothing stays running.
"""
