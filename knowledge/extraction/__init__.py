"""Read PDF and Word files in a process of their own, with bounds on time and memory: `python -m knowledge.extraction`.

Nothing here imports Django: the process starts in a fraction of a second and holds no secret that a file could reach.
"""
