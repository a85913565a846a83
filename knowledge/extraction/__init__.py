"""Read files (PDF, Word, HTML, Markdown, text, CSV, zip) in a bounded process of their own: `python -m knowledge.extraction`.

Nothing here imports Django: the process starts in a fraction of a second and holds no secret that a file could reach.
"""
