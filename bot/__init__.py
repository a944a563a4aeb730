"""Mouthpiece: a chat bot that gives a community a voice.

The floors of the project, each importing only what stands below it:
cli, app, (cogs), platforms, speech, audio | store, model | config | texts, errors.
"""

__version__ = "0.1.0"
