"""What several client codecs do to an answer on its way in."""
