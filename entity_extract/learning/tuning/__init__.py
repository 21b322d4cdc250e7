"""The search for the learners' settings."""
