"""Is every citation what it says? Bibliographies, their audit, and Crossref."""
