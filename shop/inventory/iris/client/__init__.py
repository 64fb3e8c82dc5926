"""The IRIS driver made safe."""
