"""Choosing among the quantities read in a picture: learners, ranker, split and bundle."""
