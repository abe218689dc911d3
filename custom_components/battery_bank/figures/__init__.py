"""Tables of what the sensors show."""
