"""How an answer and a picture are marked in a notebook's output, for whoever reads it later."""

ANSWERS_TYPE = "application/vnd.claimbook.answers+json"
METADATA_KEY = "claimbook"
SHOWS = "*What the picture shows:*"
"""How the sentence opens that follows a picture and describes it."""
