"""The forms and steps in which a person sets up and changes a line and its strings."""
