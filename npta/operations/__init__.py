"""What the service does, by noun: open, load, decide, commit.

Every operation may raise what `Database.run` raises; its docstring names what else.
"""
