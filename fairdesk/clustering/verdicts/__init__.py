"""What people say of clusters and faces."""
