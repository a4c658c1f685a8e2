"""What a notebook shows: pictures, tables, sentences and cards."""
