"""What stands in for the world around the shop in its tests."""
