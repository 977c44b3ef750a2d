"""Learning from experience: judging how a task ended, distilling what it teaches, consolidating."""
