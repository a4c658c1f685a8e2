"""Reading reference lists, comparing them with registers, and auditing them."""
