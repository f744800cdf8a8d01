"""Newer versions of the gateway itself: found on a package index, verified, installed by whoever installed it."""
