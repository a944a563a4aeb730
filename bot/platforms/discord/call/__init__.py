"""Reading aloud in a Discord voice call: from a message to be read to packets for the listeners.

``source`` is what plays, ``link`` the connection, ``session`` one guild's call, ``calls`` all of a process.
"""
