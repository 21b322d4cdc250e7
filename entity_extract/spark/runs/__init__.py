"""What Spark tells of a run that it does, and who else watches it."""
