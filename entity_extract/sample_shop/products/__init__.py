"""What the shop sells, and what is said of it."""
