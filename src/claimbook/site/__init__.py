"""Pages made from executed notebooks, by templates."""
