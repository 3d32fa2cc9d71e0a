"""The words that all else is written in: frozen values, no behaviour that touches the world."""
