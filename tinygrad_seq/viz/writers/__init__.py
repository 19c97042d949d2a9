"""A laid-out picture as text: one module for each format."""
