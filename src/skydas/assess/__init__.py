"""What it may do and how much that matters: rules, prediction, reasons."""
