"""What readings mean: pure functions of values and time."""
