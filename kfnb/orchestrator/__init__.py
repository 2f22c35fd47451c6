"""What runs when: a pure state machine, the log of what happened, and the loop that drives a runner with both."""
