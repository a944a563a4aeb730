"""The built-in engine: natural voices and espeak-ng in worker processes. The app makes ``provider.BuiltinProvider``.

Nothing is imported here: a worker begins with this file and must begin fast.
"""
