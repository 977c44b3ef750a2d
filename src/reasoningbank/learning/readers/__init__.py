"""Reading experiences from the files that agents and test runners leave."""

from reasoningbank.learning.readers.recognising import read_trajectories

__all__ = ["read_trajectories"]
