"""The door for agents: a server of the Model Context Protocol over a bank.

`reasoningbank mcp` starts it. The official SDK is loaded when a server is started and not before;
the bank is opened by the first call that needs it.
"""
