"""The Spark session: opened, stopped, and what its errors mean."""
