"""Reading aloud in a Discord voice call: from a message that was judged readable to packets at the listeners' ears.

``source`` is what plays, ``link`` the connection, ``session`` one guild's call, ``calls`` all of a process.
"""
