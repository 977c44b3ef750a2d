"""The programs that run agents: the bank in their settings, and their definitions of agents."""
