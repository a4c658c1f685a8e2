"""Where in an output of a notebook the run finds pictures and answers."""

ANSWERS_TYPE = "application/vnd.claimbook.answers+json"
METADATA_KEY = "claimbook"
SHOWS = "*What the picture shows:*"
"""How the sentence opens that follows a picture and tells it in words."""
