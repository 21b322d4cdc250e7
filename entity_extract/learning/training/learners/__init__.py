"""How each learner is fitted on one machine."""
