"""The processes that open strangers' photos: a pool of them, and what is said to and by them.

The server hands a worker paths and settings, and gets small plain JSON back, of which it believes
nothing that it has not checked: a photo that subverts its worker gains no word in the server.
"""
