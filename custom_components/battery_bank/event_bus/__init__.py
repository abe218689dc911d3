"""Events of strings and batteries for automations, and the blueprints that act on them."""
