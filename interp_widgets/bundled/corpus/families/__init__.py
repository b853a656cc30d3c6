"""The families of sentences the corpus is mixed from, one file for each kind of behaviour.

A family offers ``document(rng)``, one training text, and ``prompts()``, questions with their
answers. What a family holds out of training its ``document`` never writes, and its ``prompts`` mark
as held out.
"""
