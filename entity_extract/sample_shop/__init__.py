"""A catalog of drawn products, for trying everything without anybody's photographs."""
