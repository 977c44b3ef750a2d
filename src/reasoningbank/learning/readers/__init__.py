"""Reading experiences from the files that agents and test runners leave."""

from reasoningbank.learning.readers.junit import read_test_report
from reasoningbank.learning.readers.recognising import read_trajectories

__all__ = ["read_test_report", "read_trajectories"]
