"""Batteries that share no code with the simulator or the product, and what the monitor must say of them."""
