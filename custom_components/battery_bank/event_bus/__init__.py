"""What happens to strings and batteries, published to automations."""
