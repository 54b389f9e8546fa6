"""The relaxation solved by simplex, with columns and cuts that join as they are needed."""
