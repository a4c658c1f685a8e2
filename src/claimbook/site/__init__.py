"""The rendered collection: pages made from executed notebooks, which are never run again."""
