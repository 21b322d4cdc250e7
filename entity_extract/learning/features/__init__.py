"""What is known of a row and of its candidates before anything is predicted."""
