"""What recordings and captures of real traffic prove about the codecs."""
