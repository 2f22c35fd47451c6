"""The corpus of notebooks that a pipeline run must equal, and the suite that compares; run by pytest and by hand."""
