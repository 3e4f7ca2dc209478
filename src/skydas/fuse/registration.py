"""Registration: the biases of the sensors, found while running."""
