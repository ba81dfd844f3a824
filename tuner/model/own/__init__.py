"""Networks of a person's own code: found, built to learn what they search, and trained."""
