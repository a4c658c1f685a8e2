"""Two states of a book compared: answers that moved, inputs that differ, and the changelog."""
