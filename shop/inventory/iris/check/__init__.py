"""What check_inventory asks an IRIS server."""
