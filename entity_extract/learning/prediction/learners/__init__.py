"""The fitted learners, each as plain arrays or LightGBM's text."""
