"""READ: a link becomes a picture, its words with their boxes, and a thumbnail, without Spark."""
