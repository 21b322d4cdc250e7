"""Pictures to vectors, by a network of torchvision. Needs torch, and neither Spark nor Java."""
