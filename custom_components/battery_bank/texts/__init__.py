"""Texts for users in their language, and the numbers in them."""
