"""An answer of the Turing test."""

GIVEN = {
    "session": "5f",
    "photo": "beach/1.jpg",
    "category": "beach",
    "is_colored": True,
    "said_real": False,
    "seconds": 2.5,
}
