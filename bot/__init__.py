"""Mouthpiece: a chat bot that gives a community a voice.

The layers of the project, each importing only those below it:
cli, app, (cogs), platforms, speech, audio | store, model | config | texts, errors.
"""

__version__ = "0.1.0"
