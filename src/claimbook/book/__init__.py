"""What is read, and what is refused: tables, rules, dictionary, questions, scenarios, units."""
