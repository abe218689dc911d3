"""What the actions of the integration do."""
