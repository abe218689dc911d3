"""What a line consists of in Home Assistant: its strings and batteries, their devices, and how the line is reached."""
