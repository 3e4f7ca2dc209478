"""What `skydas train` is made of: recordings, simulated motion, simulated sensing, trees, and what they are worth."""
