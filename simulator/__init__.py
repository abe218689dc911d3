"""A battery bank that isn't there: physics, modules and a line, for developers. Never shipped."""
