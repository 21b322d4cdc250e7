"""Answers looked at by people: one page that shows why, and corrections that teach."""
