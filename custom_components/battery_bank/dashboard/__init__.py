"""What the cards of the dashboard show, and their files."""
