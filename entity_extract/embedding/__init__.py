"""Pictures to vectors: ResNet50 over thumbnails. Needs torch, and neither Spark nor Java."""
