"""What a receiver elsewhere gets beside the journal: what a line is, and its figures once a minute."""
