"""The built-in engine: espeak-ng in worker processes. The app makes ``provider.EspeakProvider``.

Nothing is imported here: a worker begins with this file and must begin fast.
"""
