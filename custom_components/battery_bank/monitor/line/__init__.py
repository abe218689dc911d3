"""The line: its connection, the registers of its modules, and the order in which they are polled."""
