"""What setup_inventory makes on an IRIS server."""
