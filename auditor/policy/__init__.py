"""Policies x assets become demands, with every setting validated: files, settings, demands, explanations."""
