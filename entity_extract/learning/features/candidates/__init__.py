"""Features of a candidate, declared by name: nothing here is learned, so executors compute them."""
