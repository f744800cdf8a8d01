"""What several codecs do to an answer on its way in or out."""
