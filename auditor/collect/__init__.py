"""Demands become the fewest requests, those become evidence, and evidence becomes facts."""
