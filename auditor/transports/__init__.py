"""How to ask: one file a way, all behind the one method of `base.Transport`."""
