"""The forms in which publishers give what they know, one file a form; each becomes a dated file of auditor."""
