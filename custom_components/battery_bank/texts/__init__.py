"""The texts that people read, in their language."""
