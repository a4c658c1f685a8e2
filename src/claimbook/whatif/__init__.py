"""Other figures: what they change, how far each decides, and many of them at once."""
