"""Where a task runs: the protocol that the orchestrator knows, and the places that follow it."""
