"""Tapak: runs the official service procedures of regional IT agencies, from the letter to a live name."""
