"""What a person has to set right, and the repair issues that say so."""
