"""The compute core: torch in, frozen records out. It knows nothing of screens."""
