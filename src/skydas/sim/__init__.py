"""Truth, targets, sensors; it emits the octets that real links do."""
