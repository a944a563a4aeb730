"""The natural voices of the built-in engine: hibari for English, Kokoro for Chinese, each in a process of its own.

Nothing is imported here: a worker begins with this file and must begin fast.
"""
