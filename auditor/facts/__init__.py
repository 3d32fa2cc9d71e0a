"""What can be known: a typed noun first, its probes below it; one subject a file."""
