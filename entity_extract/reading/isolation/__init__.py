"""Pictures are read in a process apart, which may crash alone."""
