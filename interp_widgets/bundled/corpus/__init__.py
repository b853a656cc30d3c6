"""The seeded corpus of the course model: a little world, and families of sentences about it."""

from interp_widgets.bundled.corpus.document import Document, Prompt
from interp_widgets.bundled.corpus.generator import FAMILIES, Family, documents

__all__ = ["FAMILIES", "Document", "Family", "Prompt", "documents"]
